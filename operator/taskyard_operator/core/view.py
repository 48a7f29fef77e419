"""All that is known of a run at one moment: what the steps of `reconcile` look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from taskyard.api.taskrun import AttemptRecord, TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.admission import Turn
from taskyard_operator.core.attempt import Attempt, Stage
from taskyard_operator.core.policy import Policy
from taskyard_operator.core.retention import Retention, retention_of


@dataclass(frozen=True, slots=True)
class View:
    """A run, its service, and the current attempt as recorded in the status and as observed.

    `number` is that of the current attempt, 0 before the first one. `left` are the attempts seen of
    which a container may still run, the current one and any before it. `live` says that the attempts
    were read now, and not from a cache. `turn` is the run's place in line, where it has to wait. `busy`
    says that other runs wait for a look, so that a word which may soon be untrue is better held back.
    """

    run: TaskRun
    service: TaskService | None
    policy: Policy
    number: int
    attempt: Attempt | None
    left: tuple[Attempt, ...]
    now: datetime
    live: bool
    retention: Retention
    turn: Turn | None = None
    busy: bool = False

    @property
    def record(self) -> AttemptRecord | None:
        """The current attempt as the status tells it."""
        return next((r for r in self.run.status.attempts if r.number == self.number), None)

    @property
    def closed(self) -> bool:
        """Whether the current attempt has ended and the status says so."""
        return self.record is not None and self.record.finished_at is not None

    @property
    def ended(self) -> list[AttemptRecord]:
        """The attempts that have ended, by number."""
        records = (record for record in self.run.status.attempts if record.finished_at)
        return sorted(records, key=lambda record: record.number)

    @property
    def verdict(self) -> AttemptRecord | None:
        """The record of an attempt that is being ended for a reason."""
        record = self.record
        return record if record and record.reason and not record.finished_at else None

    @property
    def started_at(self) -> datetime | None:
        """When the container of the current attempt started.

        Not after now, and not after what was told of it, for the clock of its node may be fast.
        """
        told = [known.started_at for known in (self.attempt, self.record) if known]
        return min((self.now, *filter(None, told))) if any(told) else None

    @property
    def lives(self) -> bool:
        """Whether the current attempt was seen and has not ended."""
        return (
            self.attempt is not None and self.attempt.stage is not Stage.ENDED and not self.closed
        )


def view_of(
    run: TaskRun,
    service: TaskService | None,
    attempts: Sequence[Attempt],
    policy: Policy,
    now: datetime,
    *,
    live: bool,
    retention: Retention,
    turn: Turn | None = None,
    busy: bool = False,
) -> View:
    """Put together what is known; attempts of another run of the same name are left out.

    `retention` holds where the service says nothing of it.
    """
    own = {attempt.number: attempt for attempt in attempts if attempt.owner == run.metadata.uid}
    number = max([*own, run.status.attempt or 0, 0])
    left = tuple(own[n] for n in sorted(own) if own[n].may_run)
    kept = retention_of(service, retention)
    return View(run, service, policy, number, own.get(number), left, now, live, kept, turn, busy)
