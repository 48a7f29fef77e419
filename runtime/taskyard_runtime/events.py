"""The worker's end of the pipe to its supervisor, one for each attempt."""

import json
import os
import threading
import time
from typing import Any

from taskyard.api.names import bounded
from taskyard_runtime.protocol import Outcome

_PROGRESS_INTERVAL = 0.1
"""Seconds between two progress events: a task may report from its innermost loop."""


class Events:
    """Sends events; used by all threads of the worker. What is said after the end is not sent.

    Args:
        pipe: the file descriptor of the writing end.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe
        self._lock = threading.Lock()
        self._pending: dict[str, Any] | None = None
        self._progress_at = 0.0

    def loaded(self) -> None:
        """The class is built, the arguments are decoded: the task begins."""
        with self._lock:
            self._send({"event": "loaded"})

    def progress(self, fraction: float, message: str) -> None:
        """The task said how far it is; sent now, or kept until something else is sent."""
        event = {"event": "progress", "fraction": fraction, "message": bounded(message)}
        with self._lock:
            if time.monotonic() - self._progress_at < _PROGRESS_INTERVAL:
                self._pending = event
                return
            self._pending = None
            self._send(event)
            self._progress_at = time.monotonic()

    def outputs(self, size: int) -> None:
        """The file of outputs has grown to `size` bytes, all of them of whole lines."""
        with self._lock:
            self._send({"event": "outputs", "size": size})

    def outcome(self, outcome: Outcome) -> None:
        """The end."""
        with self._lock:
            if self._pending is not None:
                self._send(self._pending)
            self._send(outcome.event())

    def close(self) -> None:
        """Tell that nothing more comes of this attempt."""
        with self._lock:
            self._close()

    def forked(self) -> None:
        """In a process that was forked from this one: let go of the pipe."""
        # The lock may have been held by a thread that the child does not have.
        self._lock = threading.Lock()
        self._close()

    def _close(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            os.close(pipe)

    def _send(self, event: dict[str, Any]) -> None:
        if self._pipe is None:
            return
        # A line of its own even after one that was cut short by an exception.
        data = memoryview(b"\n" + json.dumps(event).encode() + b"\n")
        while data:
            data = data[os.write(self._pipe, data) :]
