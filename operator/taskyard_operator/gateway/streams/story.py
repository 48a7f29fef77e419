"""What comes next in the story of a task: the same whoever tells it, live or after its end.

Attempt after attempt: that it runs, then what it has left, to the end of it; then where the run stands
now; and where the run has ended, the end.
"""

from dataclasses import dataclass

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.streams.event import Event, began_event, phase_event
from taskyard_operator.gateway.streams.position import Position


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell an event, or nothing, and go on from `position`."""

    position: Position
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Tell what an attempt has left; `whole` where it is over, so that it may be told to its end."""

    attempt: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """All is told for now."""


@dataclass(frozen=True, slots=True)
class End:
    """All is told but the end."""


Step = Tell | Read | Wait | End


def next_step(run: TaskRun, position: Position, read: int) -> Step:
    """What comes after a position.

    Args:
        run: as it stands now.
        position: how much was told.
        read: the last attempt that is over and was read to its end since it was.
    """
    current, open_ = run.status.attempt or 0, position.attempt
    if open_ > read and is_over(run, open_):
        return Read(open_, whole=True)
    if missed := [number for number in _attempts(run) if number > open_ and is_over(run, number)]:
        opened = position.opening(missed[0])
        return Tell(opened, began_event(run, opened) if _ran(run, missed[0]) else None)
    running = run.phase is Phase.RUNNING and not is_over(run, current)
    opened = position.opening(current) if running and current > open_ else position
    now = phase_event(run, opened)
    if now.position.told != position.told:
        return Tell(now.position, now)
    if run.status.terminal:
        return End()
    if opened != position:
        return Tell(opened)
    return Read(open_, whole=False) if running and open_ == current else Wait()


def is_over(run: TaskRun, attempt: int) -> bool:
    """Whether nothing of an attempt runs any more, as far as the run knows."""
    if run.status.terminal or attempt < (run.status.attempt or 0):
        return True
    return any(a.number == attempt and a.finished_at is not None for a in run.status.attempts)


def _attempts(run: TaskRun) -> list[int]:
    """All attempts there were, in order."""
    return sorted({a.number for a in run.status.attempts} | {run.status.attempt or 0} - {0})


def _ran(run: TaskRun, attempt: int) -> bool:
    return any(a.number == attempt and a.started_at is not None for a in run.status.attempts)
