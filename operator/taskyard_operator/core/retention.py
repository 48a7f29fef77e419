"""How long a finished TaskRun and the data of a run are kept, and what follows from that.

A TaskRun goes only after its record is stored (condition Archived), and its data goes by the index
of `core/expiry.py`. How long data is kept is settled when the run ends, since the index is written then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from taskyard.api.names import created_at_of_name
from taskyard.api.reasons import Condition
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService


@dataclass(frozen=True, slots=True)
class Retention:
    """How long after the end of a run its TaskRun is kept, and its data: input, results, logs, record."""

    task_run: timedelta = timedelta(days=1)
    result: timedelta = timedelta(days=7)

    @property
    def longest(self) -> timedelta:
        """How long something of a run is left by which it can be told from one that never was."""
        return max(self.task_run, self.result)


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """What the platform team decides.

    `defaults` hold where a service says nothing. `archive_patience` is how long after the end of a
    run its terminal status waits for an object store that is away. `deletions_per_second` bounds the
    deletion of TaskRuns, and `sweep_interval` is the time between two looks for expired data.
    """

    defaults: Retention = Retention()
    archive_patience: timedelta = timedelta(minutes=2)
    deletions_per_second: float = 20.0
    sweep_interval: timedelta = timedelta(minutes=5)


def retention_of(service: TaskService | None, defaults: Retention) -> Retention:
    """The retention of a service's runs; the defaults where it says nothing, or is gone."""
    said = service.spec.retention if service else None
    if said is None:
        return defaults
    return Retention(
        task_run=_seconds(said.task_run, defaults.task_run),
        result=_seconds(said.result, defaults.result),
    )


def _seconds(said: int | None, default: timedelta) -> timedelta:
    return default if said is None else timedelta(seconds=said)


def is_archived(status: TaskRunStatus) -> bool:
    """Whether the record of a run is stored."""
    return any(c.type == Condition.ARCHIVED and c.status == "True" for c in status.conditions)


def delete_at(run: TaskRun, retention: Retention) -> datetime | None:
    """When the TaskRun is to be deleted; None for one that has not ended or is not archived."""
    status = run.status
    if not (status.terminal and is_archived(status)):
        return None
    ended = ended_at(status)
    return ended + retention.task_run if ended else None


def expires_at(status: TaskRunStatus, retention: Retention, now: datetime) -> datetime:
    """When the data of a run that ended with this status is past its time."""
    return (ended_at(status) or now) + retention.result


def ended_at(status: TaskRunStatus) -> datetime | None:
    """When a run has ended.

    A status that was written by hand may lack the time: then its conditions tell it.
    """
    times = (condition.last_transition_time for condition in status.conditions)
    return status.finished_at or min(times, default=None)


def may_have_expired(name: str, retention: Retention, now: datetime) -> bool:
    """Whether a run of which nothing is left may have been there once.

    An id made by the gateway tells when it was made: one that is older than all that is ever kept is
    taken for expired, and one that is not cannot have expired yet. Other names tell nothing.
    """
    created = created_at_of_name(name)
    return created is not None and created + retention.longest <= now
