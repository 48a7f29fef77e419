"""Who looks on while the engine works, such as metrics."""

from typing import Protocol

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService


class Observer(Protocol):
    """Is told what happened, just after it did. It returns at once, and raises nothing."""

    def looked(self, seconds: float, error: Exception | None) -> None:
        """A look at a run took so long, and ended with that error."""

    def went_on(self, before: TaskRun, after: TaskRun, service: TaskService | None) -> None:
        """The status of a run was written by this process, and by no other."""


class Nobody:
    """Nobody looks on."""

    def looked(self, seconds: float, error: Exception | None) -> None:
        """Nothing comes of it."""

    def went_on(self, before: TaskRun, after: TaskRun, service: TaskService | None) -> None:
        """Nothing comes of it."""
