"""Carrying out a plan through the ports: actions first, then the one status write."""

from taskyard.api.reasons import Reason, WaitingReason
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan, StartAttempt, StopAttempt
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import RetentionSettings, expires_at, retention_of
from taskyard_operator.core.runner_limits import RunnerLimits
from taskyard_operator.core.status import archived_status, waiting_status
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.deletions import Deletions
from taskyard_operator.engine.patience import Patience, StoreAway
from taskyard_operator.engine.tickets import write_ticket
from taskyard_operator.ports import (
    AdmissionWebhookUnavailable,
    Conflict,
    Key,
    Launcher,
    NotPermitted,
    ObjectStore,
    OverQuota,
    PortError,
    Rejected,
    RunStore,
)


class NotStarted(Exception):
    """An attempt was refused for a reason that `run` tells by now.

    Attributes:
        run: the run as it stands.
        why: the error of the port.
        known: whether the run told the reason before.
    """

    def __init__(self, run: TaskRun, why: PortError, *, known: bool) -> None:
        super().__init__(str(why))
        self.run = run
        self.why = why
        self.known = known


class Executor:
    """Does what a plan says. Every step may be repeated, so a crash between two of them costs nothing."""

    def __init__(
        self,
        runs: RunStore,
        launcher: Launcher,
        objects: ObjectStore,
        clock: Clock,
        archive: Archive,
        deletions: Deletions,
        patience: Patience,
        settings: RetentionSettings,
        limits: RunnerLimits,
    ) -> None:
        self._runs = runs
        self._launcher = launcher
        self._objects = objects
        self._clock = clock
        self._archive = archive
        self._deletions = deletions
        self._patience = patience
        self._settings = settings
        self._limits = limits

    async def execute(self, plan: Plan, run: TaskRun, service: TaskService | None) -> TaskRun:
        """Carry out `plan`; returns the run as it stands afterwards.

        Raises:
            NotStarted: an attempt was to be started, and was not.
            StoreAway: the run has ended, and its record could not be stored.
            PortError: some of it could not be done; the whole may be tried again later.
        """
        for action in plan.actions:
            match action:
                case StopAttempt(number):
                    await self._launcher.stop(run, number)
                case StartAttempt():
                    if service is not None:
                        await self._start(action, run, service)
                case ArchiveRun():
                    return await self._end(run, run.status, service)
                case DeleteRun():
                    self._deletions.ask(run, retention_of(service, self._settings.defaults))
        if plan.status is None:
            return run
        if plan.status.terminal and not run.status.terminal:
            return await self._end(run, plan.status, service)
        changed = await self._runs.write_status(run, plan.status)
        self.forget(Key.of(run))  # The end of another attempt is to find all of the patience again.
        return changed

    def forget(self, key: Key) -> None:
        """A run is gone, or goes on: it waits for the store no more."""
        self._patience.forget(key)

    async def _end(
        self, run: TaskRun, status: TaskRunStatus, service: TaskService | None
    ) -> TaskRun:
        """Store the record, then write the terminal status: whoever reads the one can trust in the other."""
        now, key = self._clock(), Key.of(run)
        retention = retention_of(service, self._settings.defaults)
        kept_until = expires_at(status, retention, now)
        final = archived_status(run, status, kept_until)
        record = Record(run.model_copy(update={"status": final}), kept_until)
        try:
            await self._archive.keep(record)
        except PortError as error:
            why = f"its record cannot be stored yet: {error}"
            if run.status.terminal:
                raise StoreAway(why) from error
            until = self._patience.until(key, status.finished_at)
            if self._clock() < until:
                raise StoreAway(why, until) from error
            # The end of a run hangs on nothing but the API server. That its record is missing is
            # seen at the next look, which the event of this very write brings about.
            final = status
        changed = await self._runs.write_status(run, final)
        self.forget(key)
        return changed

    async def _start(self, action: StartAttempt, run: TaskRun, service: TaskService) -> None:
        """Start an attempt; where it is refused, say why in the run before trying again later."""
        ticket = await write_ticket(run, service, action.number, self._objects, self._limits)
        try:
            await self._launcher.start(run, service, action.number, ticket)
        except (Rejected, NotPermitted, Conflict, AdmissionWebhookUnavailable) as error:
            status = waiting_status(run, self._clock(), _why_refused(error), str(error))
            known = status.to_wire() == run.status.to_wire()
            if not known:
                run = await self._runs.write_status(run, status)
            raise NotStarted(run, error, known=known) from error


def _why_refused(error: PortError) -> str:
    if isinstance(error, OverQuota):
        return WaitingReason.WAITING_FOR_QUOTA
    # What is asked for is no worse for these: they pass.
    if isinstance(error, Conflict | AdmissionWebhookUnavailable):
        return WaitingReason.CONTAINER_CREATING
    return Reason.SERVICE_INVALID
