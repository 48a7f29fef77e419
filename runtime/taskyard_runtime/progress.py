"""Stores what a task says of its progress."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from taskyard.api.names import bounded
from taskyard_runtime.upkeep import Pace, Upkeep

MAX_STREAM_BYTES = 64 * 1024
PACE = Pace(delay=0, interval=2, rate=32 * 1024)
"""The first word at once. The largest stream takes 2 s by the rate too, so that bounds it twice."""
_PATIENCE = 5.0
"""Seconds that the last upload may take; progress is worth no more, and the report waits for it."""


class ProgressStream:
    """What a task said of its progress, one line of JSON each; the last line is what it said last.

    Where it would grow past `limit` bytes every second line goes, and from then on only every second
    one is kept: so the lines stay evenly spread over all that was said, from the first to the last.
    """

    def __init__(self, limit: int = MAX_STREAM_BYTES) -> None:
        self._limit = limit
        self._kept: list[bytes] = []
        self._size = 0
        self._stride = 1
        self._last = b""
        self._said = 0

    def add(self, at: datetime, fraction: float, message: str) -> None:
        """Take note of what was said at a time."""
        said = {
            "at": at.isoformat(timespec="milliseconds"),
            "fraction": fraction,
            "message": bounded(message),
        }
        self._last = json.dumps(said, ensure_ascii=False).encode() + b"\n"
        if self._said % self._stride == 0:
            self._kept.append(self._last)
            self._size += len(self._last)
        self._said += 1
        while self._size > self._limit and len(self._kept) > 1:
            self._kept = self._kept[::2]
            self._size = sum(map(len, self._kept))
            self._stride *= 2

    def body(self) -> bytes:
        """The stream as it is stored; at most a line longer than the limit."""
        lines = self._kept
        if lines and lines[-1] is not self._last:
            lines = [*lines, self._last]
        return b"".join(lines)


class ProgressUploads:
    """Keeps the object behind `url` up to date with what was said of progress.

    Args:
        url: presigned for PUT; where it is empty, nothing is stored.
        say: takes a sentence for the log, when progress cannot be stored.
    """

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self._stream = ProgressStream()
        self._lock = threading.Lock()
        self._latest: tuple[float, str] | None = None
        self._upkeep = Upkeep("progress", url, "application/x-ndjson", self._body, PACE, say)

    def update(self, fraction: float, message: str) -> None:
        """Take note of progress, unless it is what was said last; returns at once."""
        if (fraction, message) == self._latest:
            return
        self._latest = fraction, message
        with self._lock:
            self._stream.add(datetime.now(UTC), fraction, message)
        self._upkeep.changed()

    def finish(self, patience: float) -> None:
        """Store what was said last; waits for that, for a bounded time."""
        self._upkeep.finish(min(patience, _PATIENCE))

    def _body(self) -> bytes:
        with self._lock:
            return self._stream.body()
