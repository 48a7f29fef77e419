"""The `Launcher` port on one machine: an attempt is a process, and waits until there is room for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taskyard.api.runner import Ticket
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.resources import spec_of_next_attempt
from taskyard_operator.local.attempt_folder import AttemptCard, AttemptFolder, AttemptFolders
from taskyard_operator.local.capacity import Demand, Held, Machine, Taken, demand_of, taken_by
from taskyard_operator.local.idle_runners import IdleRunners
from taskyard_operator.local.job import End, LocalJob, report_of_none
from taskyard_operator.local.process_tree import kill_all
from taskyard_operator.local.runner_process import Exit, Place, RunnerProcess
from taskyard_operator.ports import Conflict, Key, Missing, Rejected, Unavailable

logger = logging.getLogger(__name__)

_MAKING_ROOM = "A process that was kept warm is being ended, to make room for it."

Told = Callable[[Key, Attempt], None]
"""Told of each change of an attempt."""


class ProcessLauncher:
    """Attempts as processes, as many at once as the machine has room for.

    Those that wait get their turn by priority, then age of their run; one that does not fit is passed by,
    so that a task for the only GPU does not hold up those that need none. A service that is to be kept
    warm has its attempts run one after another in a process that stays.

    Args:
        folders: where attempts are noted.
        services: the folder with the modules of the services.
        machine: what there is to be shared.
        mark: names this server's processes, the same after a restart.
        keep_warm: seconds that a process stays which has nothing to do.
    """

    def __init__(
        self,
        folders: AttemptFolders,
        services: Path,
        machine: Machine,
        mark: str,
        keep_warm: float,
    ) -> None:
        self._folders = folders
        self._services = services
        self._machine = machine
        self._mark = mark
        self._jobs: dict[tuple[Key, int], LocalJob] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._idle = IdleRunners(keep_warm, freed=self._use_what_is_free)
        self._closed = False
        self.told: Told = lambda key, attempt: None

    async def take_over(self) -> None:
        """Take over from a server before this one: what waited waits on, and of the rest nothing runs."""
        if left := await asyncio.to_thread(kill_all, f"{self._mark}/"):
            logger.warning("%d processes of tasks had outlived their server, and were killed", left)
        for card in await asyncio.to_thread(lambda: list(self._folders.cards())):
            job = self._jobs[card.key, card.number] = self._job_of(card)
            if card.started_at is not None:
                job.end = End(None, _now(), self._folders.of(card).report())

    def begin(self) -> None:
        """Start what fits of what was taken over."""
        self._use_what_is_free()

    async def close(self) -> None:
        """End all that runs, without grace: a task that goes on without its server could store nothing."""
        self._closed = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._idle.close()

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        """Line an attempt up; see `Launcher.start`."""
        place = Key.of(run), number
        if known := self._jobs.get(place):
            if known.card.owner != run.metadata.uid:
                raise Conflict("an attempt of another run of this name is still there")
            return
        job = self._jobs[place] = self._job_of(self._card(run, service, number, ticket))
        try:
            async with job.noting:
                await asyncio.to_thread(self._folder(job).write, job.card)
        except OSError as error:
            if job.waits:  # else it has been started meanwhile, and tells of that itself
                del self._jobs[place]
                raise Unavailable(f"the attempt cannot be noted: {error}") from error
        self._use_what_is_free()
        if job.waits:
            self._tell(job)

    def _job_of(self, card: AttemptCard) -> LocalJob:
        return LocalJob(card, hopeless=self._machine.lacks(card.demand, Taken()) is not None)

    def _card(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> AttemptCard:
        try:
            demand = demand_of(spec_of_next_attempt(run, service))
        except ValueError as error:
            raise Rejected(f"the service cannot be run: {error}") from error
        return AttemptCard(
            namespace=run.metadata.namespace,
            run=run.metadata.name,
            service=service.metadata.name,
            owner=run.metadata.uid,
            number=number,
            priority=run.spec.priority or 0,
            demand=demand,
            warm=bool(service.spec.warm),
            grace=ticket.cancel_grace,
            ticket=ticket.to_json(),
            created_at=_now(),
        )

    async def stop(self, run: TaskRun, number: int) -> None:
        """Tell an attempt to end; see `Launcher.stop`."""
        job = self._jobs.get((Key.of(run), number))
        if job is None or job.gone_by or job.card.owner != run.metadata.uid:
            return
        if job.waits:
            job.end = End(Exit(143), _now(), "")
        job.gone_by = _now() + timedelta(seconds=job.card.grace)
        if job.process and job.runs:  # it may be at another attempt by now
            job.process.stop(job.card.grace)
        self._tell(job)

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        """What the runner printed; see `Launcher.log`."""
        job = self._jobs.get((Key.of(run), attempt.number))
        if job is None:
            raise Missing("the attempt has left no log")
        return await asyncio.to_thread(self._folder(job).output)

    async def attempts(self, run: TaskRun) -> Sequence[Attempt]:
        """The attempts of a run; see `Launcher.attempts`."""
        return [job.observed() for (key, _), job in self._jobs.items() if key == Key.of(run)]

    async def all_attempts(self, namespace: str | None) -> Sequence[tuple[Key, Attempt]]:
        """Every attempt; see `Launcher.all_attempts`."""
        return [
            (key, job.observed())
            for (key, _), job in self._jobs.items()
            if namespace in (None, key.namespace)
        ]

    def known_runs(self) -> set[Key]:
        """The runs of which something is known."""
        return {key for key, _ in self._jobs}

    def forget(self, key: Key) -> None:
        """The run has ended, or is no more: of its attempts those that have ended are of no use now."""
        loop = asyncio.get_running_loop()
        for place in [place for place, job in self._jobs.items() if place[0] == key and job.end]:
            loop.run_in_executor(None, self._folder(self._jobs.pop(place)).remove)

    def _use_what_is_free(self) -> None:
        """Start what fits, and let the others say why they wait."""
        if self._closed:
            return
        promised: list[Held] = []
        waiting = [job for job in self._jobs.values() if job.waits]
        # Names of runs sort by age, and they may have been lined up in another order.
        for job in sorted(waiting, key=lambda job: (-job.card.priority, job.card.run)):
            why = self._machine.lacks(job.card.demand, taken_by(self._held()))
            if why is None and (runner := self._runner_for(job.card, promised)):
                self._begin(job, runner)
            elif (why := why or _MAKING_ROOM) != job.why_waiting:
                job.why_waiting = why
                self._tell(job)

    def _held(self) -> list[Held]:
        return self._held_by_running() + self._idle.held_by_ending()

    def _held_by_running(self) -> list[Held]:
        return [(job.card.demand, job.gpus) for job in self._jobs.values() if job.runs]

    def _begin(self, job: LocalJob, runner: RunnerProcess) -> None:
        job.process, job.gpus = runner, runner.place.gpus
        job.card = job.card.model_copy(update={"started_at": _now()})
        task = asyncio.create_task(self._carry_out(job, runner), name=job.card.job)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._tell(job)

    def _runner_for(self, card: AttemptCard, promised: list[Held]) -> RunnerProcess | None:
        """One that has the service loaded, or a new one; None where some of the idle must end before.

        Then it gets its place among what is `promised`: to those that wait for what is ending.
        """
        if card.warm and (runner := self._idle.take((card.service, card.demand))):
            return runner
        held, idle = self._held(), self._idle.held()
        # Also where none is idle any more: one that had died by itself is being cleared away.
        if self._machine.lacks(card.demand, taken_by([*held, *idle])):
            promised.append(self._make_room(card.demand, promised))
            return None
        gpus = self._machine.gpus_for(card.demand, taken_by([*held, *idle]))
        mark = f"{self._mark}/{card.job}/{card.owner}"
        return RunnerProcess(Place(self._services, mark, gpus, card.demand.memory))

    def _make_room(self, demand: Demand, promised: Sequence[Held]) -> Held:
        """Let as many of the idle end as it takes beside what is ending already."""
        taken, idle = [*self._held_by_running(), *promised], self._idle.held()
        number = self._machine.too_many(demand, taken, idle)
        self._idle.make_room(number)
        return demand, self._machine.gpus_for(demand, taken_by([*taken, *idle[number:]]))

    async def _carry_out(self, job: LocalJob, runner: RunnerProcess) -> None:
        folder, card = self._folder(job), job.card
        try:
            # Before it is started: after a kill of this server it must not be started again.
            async with job.noting:
                await asyncio.to_thread(folder.write, card)
            ended = await runner.run(card.ticket, folder, card.warm)
            report = await asyncio.to_thread(folder.report)
        except OSError as error:
            logger.error("%s could not be started: %s", card.job, error)
            ended, report = Exit(126), report_of_none(error)
        except asyncio.CancelledError:
            await asyncio.shield(runner.clear_away())
            raise
        if not runner.ready:
            await runner.clear_away()
        # From here on nobody waits for anything: a stop would be the end of a runner that is idle.
        job.end = End(ended, _now(), report)
        if runner.ready:
            self._idle.put((card.service, card.demand), runner)
        self._tell(job)
        self._use_what_is_free()

    def _folder(self, job: LocalJob) -> AttemptFolder:
        return self._folders.of(job.card)

    def _tell(self, job: LocalJob) -> None:
        self.told(job.card.key, job.observed())


def _now() -> datetime:
    return datetime.now(UTC)
