"""What a task can say and ask while it runs: its id, its progress, whether it is to end.

The runner installs the running task; everywhere else the calls are valid and do nothing, so that a
service class can be tried and tested as plain Python.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class TaskCancelled(BaseException):
    """Raised inside a running task when somebody asked for its end.

    Catch it to clean up, within the grace period of the service, and let it go on. It is no
    `Exception`, so that `except Exception` in a task's code does not swallow the order. In an
    `async def` task asyncio's own `CancelledError` arrives instead, as everything awaited expects.
    """


class CurrentTask:
    """The task that runs in this process.

    Attributes:
        id: the id that the caller was given; empty outside a task.
        attempt: which attempt this is, from 1; 0 outside a task.
    """

    def __init__(
        self, task_id: str, attempt: int, on_progress: Callable[[float, str], None]
    ) -> None:
        self.id = task_id
        self.attempt = attempt
        self._on_progress = on_progress
        self._cancelled = False

    @property
    def cancelled(self) -> bool:
        """Whether the end of this task was asked for."""
        return self._cancelled

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the task is.

        Cheap enough for an inner loop: what is sent is thinned out, but never the last call.

        Args:
            fraction: how much is done, from 0 to 1.
            message: a short sentence for people, such as "step 4 of 10".

        Raises:
            TypeError: `fraction` is no number, or `message` no string.
            ValueError: `fraction` is not from 0 to 1.
        """
        if isinstance(fraction, bool | str | bytes):
            raise TypeError(f"fraction must be a number from 0 to 1, not {fraction!r}")
        if not isinstance(message, str):
            raise TypeError(f"message must be a string, not {message!r}")
        number = float(fraction)
        if not 0 <= number <= 1:
            raise ValueError(f"fraction must be from 0 to 1, not {number}")
        self._on_progress(number, message)

    def mark_cancelled(self) -> None:
        """Note that the end was asked for: called by the runner, not by tasks."""
        self._cancelled = True


class _Holder:
    """The running task of this process.

    Not a context variable: threads that a task starts shall see the same task.
    """

    def __init__(self) -> None:
        self.outside = CurrentTask("", 0, lambda fraction, message: None)
        self.task = self.outside


_HOLDER = _Holder()


def current_task() -> CurrentTask:
    """The task that runs in this process; outside a task, one that does nothing."""
    return _HOLDER.task


@contextmanager
def running(task: CurrentTask) -> Iterator[None]:
    """Make `task` the current one of this process, until the block is left."""
    _HOLDER.task = task
    try:
        yield
    finally:
        _HOLDER.task = _HOLDER.outside
