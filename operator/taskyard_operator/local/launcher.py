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
from taskyard_operator.local.attempt_folder import AttemptCard, AttemptFolder, AttemptFolders
from taskyard_operator.local.capacity import Machine, demand_of, taken_by
from taskyard_operator.local.job import End, LocalJob
from taskyard_operator.local.process_tree import kill_all
from taskyard_operator.local.runner_process import Exit, Orders, RunnerProcess
from taskyard_operator.ports import Conflict, Key, Missing, Rejected

logger = logging.getLogger(__name__)

Told = Callable[[Key, Attempt], None]
"""Told of each change of an attempt."""


class ProcessLauncher:
    """Attempts as processes, as many at once as the machine has room for.

    Those that wait get their turn by priority, then age; one that does not fit is passed by, so that a
    task for the only GPU does not hold up those that need none.

    Args:
        folders: where attempts are noted.
        services: the folder with the modules of the services.
        machine: what there is to be shared.
        mark: names this server's processes, the same after a restart.
        server: the URL of this server, which tickets are for.
    """

    def __init__(
        self, folders: AttemptFolders, services: Path, machine: Machine, mark: str, server: str
    ) -> None:
        self._folders = folders
        self._services = services
        self._machine = machine
        self._mark = mark
        self._server = server
        self._jobs: dict[tuple[Key, int], LocalJob] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.told: Told = lambda key, attempt: None

    async def take_over(self) -> None:
        """Take over from a server before this one: what waited waits on, and of the rest nothing runs."""
        if left := await asyncio.to_thread(kill_all, f"{self._mark}/"):
            logger.warning("%d processes of tasks had outlived their server, and were killed", left)
        for card in await asyncio.to_thread(lambda: list(self._folders.cards())):
            job = self._jobs[card.key, card.number] = LocalJob(card)
            if card.started_at is None:
                # The port may be another one than before.
                ticket = card.ticket.replace(card.server, self._server)
                job.card = card.model_copy(update={"ticket": ticket, "server": self._server})
            else:
                job.end = End(None, _now(), self._folders.of(card).report())

    def begin(self) -> None:
        """Start what fits of what was taken over."""
        self._use_what_is_free()

    async def close(self) -> None:
        """End all that runs, without grace: a task that goes on without its server could store nothing."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        """Line an attempt up; see `Launcher.start`."""
        place = Key.of(run), number
        if known := self._jobs.get(place):
            if known.card.owner != run.metadata.uid:
                raise Conflict("an attempt of another run of this name is still there")
            return
        job = self._jobs[place] = LocalJob(self._card(run, service, number, ticket))
        await asyncio.to_thread(self._folder(job).write, job.card)
        self._use_what_is_free()
        if job.waits:
            self._tell(job)

    def _card(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> AttemptCard:
        try:
            demand = demand_of(service.spec)
        except ValueError as error:
            raise Rejected(f"the service cannot be run: {error}") from error
        return AttemptCard(
            namespace=run.metadata.namespace,
            run=run.metadata.name,
            owner=run.metadata.uid,
            number=number,
            priority=run.spec.priority or 0,
            demand=demand,
            grace=ticket.cancel_grace,
            ticket=ticket.to_json(),
            server=self._server,
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
        if job.process:
            job.process.stop()
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

    async def all_attempts(self) -> Sequence[tuple[Key, Attempt]]:
        """Every attempt; see `Launcher.all_attempts`."""
        return [(key, job.observed()) for (key, _), job in self._jobs.items()]

    def known_runs(self) -> set[Key]:
        """The runs of which something is known."""
        return {key for key, _ in self._jobs}

    def forget(self, key: Key) -> None:
        """The run has ended, or is no more: of its attempts those that have ended are of no use now."""
        for place in [place for place, job in self._jobs.items() if place[0] == key and job.end]:
            self._folder(self._jobs.pop(place)).remove()

    def _use_what_is_free(self) -> None:
        """Start what fits, and let the others say why they wait."""
        waiting = [job for job in self._jobs.values() if job.waits]
        for job in sorted(waiting, key=lambda job: (-job.card.priority, job.card.created_at)):
            taken = taken_by((job.card.demand, job.gpus) for job in self._jobs.values() if job.runs)
            why = self._machine.lacks(job.card.demand, taken)
            if why is None:
                self._begin(job, self._machine.gpus_for(job.card.demand, taken))
            elif why != job.why_waiting:
                job.why_waiting = why
                self._tell(job)

    def _begin(self, job: LocalJob, gpus: tuple[str, ...]) -> None:
        job.gpus = gpus
        job.card = job.card.model_copy(update={"started_at": _now()})
        orders = Orders(
            ticket=job.card.ticket,
            services=self._services,
            mark=f"{self._mark}/{job.card.job}/{job.card.owner}",
            gpus=gpus,
            memory=job.card.demand.memory,
            grace=job.card.grace,
        )
        job.process = RunnerProcess(orders, self._folder(job))
        task = asyncio.create_task(self._carry_out(job, job.process), name=job.card.job)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._tell(job)

    async def _carry_out(self, job: LocalJob, process: RunnerProcess) -> None:
        folder = self._folder(job)
        try:
            # Before it is started: after a kill of this server it must not be started again.
            await asyncio.to_thread(folder.write, job.card)
            ended = await process.run()
        except OSError as error:
            logger.error("%s could not be started: %s", job.card.job, error)
            ended = Exit(126)
        job.end = End(ended, _now(), await asyncio.to_thread(folder.report))
        self._tell(job)
        self._use_what_is_free()

    def _folder(self, job: LocalJob) -> AttemptFolder:
        return self._folders.of(job.card)

    def _tell(self, job: LocalJob) -> None:
        self.told(job.card.key, job.observed())


def _now() -> datetime:
    return datetime.now(UTC)
