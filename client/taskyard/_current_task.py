"""What a task can say, give and ask while it runs: its progress, its outputs, whether it is to end.

The runner installs the running task; everywhere else the calls are valid and do nothing, so that a
service class can be tried and tested as plain Python.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskyard._values.wire import Encoded


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
        self,
        task_id: str,
        attempt: int,
        on_progress: Callable[[float, str], None],
        on_output: Callable[["Encoded"], None],
    ) -> None:
        self.id = task_id
        self.attempt = attempt
        self._on_progress = on_progress
        self._on_output = on_output
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

    def emit(self, value: Any) -> None:
        """Give a value away before the end: a draft, a token, a picture of how far it has come.

        Whoever follows the task gets it some seconds later, after all that was given away before it. It
        is kept as long as the result, also where the attempt fails. A `yield` in a task does the same.

        Args:
            value: anything that a task may return: what has JSON (arrays and tables, also within other
                values), text, bytes, the path of a file, a picture.

        Raises:
            TypeError: the value cannot travel.
            ValueError: it is too large, or one too many: nothing of it is given away.
            RuntimeError: this is a process that the task has forked.
        """
        # Not at the top: a task's supervisor has no use for it, nor for all that it imports.
        from taskyard._values.outputs import encode_output

        self.hand_on(encode_output(value))

    def hand_on(self, output: "Encoded") -> None:
        """Give away what is encoded: called by the runner, not by tasks; raises as `emit` does."""
        self._on_output(output)

    def mark_cancelled(self) -> None:
        """Note that the end was asked for: called by the runner, not by tasks."""
        self._cancelled = True


class _Holder:
    """The running task of this process.

    Not a context variable: threads that a task starts shall see the same task.
    """

    def __init__(self) -> None:
        self.outside = CurrentTask("", 0, lambda fraction, message: None, lambda output: None)
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
