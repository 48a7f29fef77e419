"""What the supervisor hears of one attempt from the worker."""

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from taskyard_runtime.protocol import Outcome

READ_BYTES = 1 << 16


class Hearing:
    """The reading end of the pipe for the events of an attempt, which is closed with the context.

    Args:
        pipe: its file descriptor.
        on_progress: called with each progress that the task reports.
        on_outputs: called with the size of the file of outputs, each time that it has grown.
        stays: whether the worker may outlive the attempt.
    """

    def __init__(
        self,
        pipe: int,
        on_progress: Callable[[float, str], None],
        on_outputs: Callable[[int], None],
        stays: bool,
    ) -> None:
        os.set_blocking(pipe, False)
        self.pipe = pipe
        self.outcome: Outcome | None = None
        self._on_progress = on_progress
        self._on_outputs = on_outputs
        self._stays = stays
        self._unread = b""
        self._at_end = False
        self._began_at = time.monotonic()
        self._loaded_at: float | None = None
        self._outcome_at: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.pipe)

    @property
    def over(self) -> bool:
        """Whether the worker has let go of the attempt, and stays."""
        return self._stays and self.outcome is not None and self._at_end

    @property
    def times(self) -> tuple[float, float]:
        """Seconds until the task began, and that it ran."""
        ended = self._outcome_at or time.monotonic()
        loaded = self._loaded_at or ended
        return loaded - self._began_at, ended - loaded

    def read(self) -> bool:
        """Take what the pipe holds now; False when there is nothing and perhaps never will be."""
        try:
            data = os.read(self.pipe, READ_BYTES)
        except BlockingIOError:
            return False
        self._at_end = not data
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._on_event(_event(line))
        return bool(data)

    def drain(self) -> None:
        """Take what is left in the pipe."""
        while self.read():
            pass

    def _on_event(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"event": "loaded"}:
                self._loaded_at = time.monotonic()
            case {"event": "progress", "fraction": float(fraction), "message": str(message)}:
                self._on_progress(fraction, message)
            case {"event": "outputs", "size": int(size)}:
                self._on_outputs(size)
            case {"event": "outcome"} if self.outcome is None:
                self.outcome = Outcome.from_event(event)
                self._outcome_at = time.monotonic()


def _event(line: bytes) -> dict[str, Any]:
    # User code that writes to file descriptors at random may hit this pipe.
    with suppress(ValueError, RecursionError):
        event = json.loads(line)
        if isinstance(event, dict):
            return event
    return {}
