"""How long a run that has ended was in each of its stages."""

from datetime import datetime
from typing import NamedTuple

from taskyard.api.taskrun import TaskRun


class Durations(NamedTuple):
    """Seconds in each stage; None for one that the run never came to the end of, or that nobody saw.

    `queue` is from its creation to its first attempt that was allowed to start, `start` from there to the
    first container that ran, and `run` from there to the end, with all attempts that followed.
    """

    queue: float | None
    start: float | None
    run: float | None


def durations(run: TaskRun) -> Durations:
    """The stages of a run, as its status tells."""
    status = run.status
    admitted = next((a.admitted_at for a in status.attempts if a.number == 1), None)
    return Durations(
        queue=_seconds(status.queued_at, admitted),
        start=_seconds(admitted, status.started_at),
        run=_seconds(status.started_at, status.finished_at),
    )


def _seconds(begun: datetime | None, ended: datetime | None) -> float | None:
    """The time between; never negative, since each end may be told by another machine's clock."""
    return max(0.0, (ended - begun).total_seconds()) if begun and ended else None
