"""Calls the task's function, sync or async, one that yields or not, and lets SIGTERM end it."""

import inspect
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from taskyard._current_task import CurrentTask, TaskCancelled
from taskyard_runtime.generators import Give, drained


class Stop:
    """The worker's side of cancellation: raises TaskCancelled in user code, once.

    Args:
        task: the current task, marked when its end is asked for.
    """

    def __init__(self, task: CurrentTask) -> None:
        self._task = task
        self._raises = False
        self.delivered = False
        """Whether user code has been told."""

    def install(self) -> None:
        """Hear SIGTERM from now on; outside `listening` it is only noted."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def forget(self) -> None:
        """Hear no more: whoever asks for the end from now on means the process, not this task."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let SIGTERM interrupt this block, which runs user code, by TaskCancelled."""
        self._raises = True
        try:
            if self._task.cancelled:
                self.deliver()
                raise TaskCancelled
            yield
        finally:
            self._raises = False

    def deliver(self) -> None:
        """Note that user code is being told now, in whatever way."""
        self._task.mark_cancelled()
        self._raises = False
        self.delivered = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._task.mark_cancelled()
        if self._raises:
            self.deliver()
            raise TaskCancelled


def call(
    function: Callable[..., Any],
    instance: Any,
    arguments: Mapping[str, Any],
    stop: Stop,
    give: Give,
) -> Any:
    """What the task returns; whatever it raises passes through. What it yields goes to `give`.

    Raises:
        TaskCancelled: the task let its cancellation go on.
    """
    result = function(instance, **arguments)
    if inspect.isgeneratorfunction(function):
        return drained(result, give)
    later = inspect.isasyncgenfunction(function)
    if later or inspect.iscoroutine(result):
        # Not at the top: asyncio is a third of what the worker imports, and few tasks need it.
        from taskyard_runtime import coroutines

        return coroutines.run(coroutines.drained(result, give) if later else result, stop)
    return result
