"""What `reconcile` wants done: actions, the status to write, and the one time to look again."""

from dataclasses import dataclass
from datetime import datetime

from taskyard.api.taskrun import TaskRunStatus
from taskyard_operator.core.attempt import Attempt


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Start attempt `number`; safe to ask for twice, since an attempt has only one name."""

    number: int


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """End attempt `number` and free what it holds; its user code is told first."""

    number: int


@dataclass(frozen=True, slots=True)
class ArchiveRun:
    """Store the record of a run that has ended already, and say so in its status."""


@dataclass(frozen=True, slots=True)
class DeleteRun:
    """Delete the TaskRun, whose record is stored and whose time is over; Jobs and pods go with it."""


Action = StartAttempt | StopAttempt | ArchiveRun | DeleteRun


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one look at a run. An empty plan means: nothing to do until something changes.

    `confirm` asks for the same look on live data before anything is done, and for its plan instead of
    this one: what was seen missing in a cache may only not have arrived there yet. `in_line` says that
    the run would start if it had a place. `prove` asks for the same look with the end of this attempt as
    the object store bears it out, and with its log put there where its runner did not.
    """

    actions: tuple[Action, ...] = ()
    status: TaskRunStatus | None = None
    look_again_at: datetime | None = None
    confirm: bool = False
    in_line: bool = False
    prove: Attempt | None = None

    @property
    def starts(self) -> bool:
        """Whether an attempt is to be started."""
        return any(isinstance(action, StartAttempt) for action in self.actions)
