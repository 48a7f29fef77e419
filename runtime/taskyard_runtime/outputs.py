"""What a task gives away before its end: its worker leaves it in a file, its supervisor stores that.

The file has a line of JSON for each output. So what a task gave away before it crashed is stored as
well, and neither the pipe between the two processes nor the memory of the supervisor fills with it.
"""

import base64
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taskyard._values.wire import Encoded
from taskyard.api.names import bounded
from taskyard.api.runner import MAX_OUTPUT_BYTES
from taskyard_runtime.protocol import MAX_NAME_BYTES
from taskyard_runtime.sources import Beginning
from taskyard_runtime.upkeep import Pace, Upkeep

PACE = Pace(delay=0.2, interval=2, rate=256 * 1024)
"""The first output is there at once, and 16 MiB of them once a minute: as much as a log costs the store."""


class OutputFile:
    """The worker's end, for all of its threads.

    Args:
        path: of the file, which is there.
        limit: bytes of it.
        tell: called with the size of the file up to the end of its last whole line.
    """

    def __init__(self, path: Path, limit: int, tell: Callable[[int], None]) -> None:
        self._path = path
        self._limit = limit
        self._tell = tell
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._written = 0, 0
        """Outputs and bytes: one value, since a cancel may come between any two steps."""

    def add(self, output: Encoded) -> None:
        """Leave one more output.

        Raises:
            ValueError: it is too large, alone or together with those before.
            RuntimeError: this process is a fork of the worker: two would write over each other.
            OSError: the disk is full, or the file of the output cannot be read.
        """
        if os.getpid() != self._process:
            raise RuntimeError("give outputs away in the task's own process, and in none it forks")
        with self._lock:
            number, size = self._written
            line = _line(number, output)
            if size + len(line) > self._limit:
                raise ValueError(
                    f"the outputs of an attempt may have {self._limit} bytes together "
                    f"(controller.maxOutputsBytes), and this one would make them "
                    f"{size + len(line)}: give away less, or return it as the result"
                )
            # At this place, over what an attempt that was interrupted may have left there.
            with self._path.open("r+b") as file:
                file.seek(size)
                file.write(line)
            self._written = number + 1, size + len(line)
            self._tell(size + len(line))


class OutputUploads:
    """The supervisor's end: keeps the object behind `url` up to date with the file.

    Args:
        path: of the file, which is made here.
        url: presigned for PUT; where it is empty, nothing is stored.
        limit: bytes that are stored at most.
        say: takes a sentence for the log, when outputs cannot be stored.
    """

    def __init__(self, path: Path, url: str, limit: int, say: Callable[[str], None]) -> None:
        path.touch()
        self._path = path
        self._limit = limit
        self._size = 0
        self._upkeep = Upkeep("the outputs", url, "application/x-ndjson", self._body, PACE, say)

    def grown(self, size: int) -> None:
        """Note that the file has grown to a size; returns at once."""
        self._size = size
        self._upkeep.changed()

    def finish(self, patience: float) -> str:
        """Store all of them; what went wrong, in words, or an empty string."""
        return self._upkeep.finish(patience)

    def _body(self) -> Beginning:
        # User code shares the worker's process: what is said of the file need not be so.
        size = min(self._size, self._path.stat().st_size, self._limit)
        return Beginning(self._path, max(0, size))


def _line(number: int, output: Encoded) -> bytes:
    """An output as a line, with its end.

    Raises:
        ValueError: it is longer than any reader takes.
        OSError: the file of the output cannot be read.
    """
    head: dict[str, Any] = {
        "index": number,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "contentType": bounded(output.content_type, MAX_NAME_BYTES),
    }
    if output.file_name is not None:
        head["fileName"] = bounded(output.file_name, MAX_NAME_BYTES)
    name, value = _value(output)
    line = b'%s,"%s":%s}\n' % (json.dumps(head)[:-1].encode(), name, value)
    if len(line) > MAX_OUTPUT_BYTES:
        raise _too_large(len(line))
    return line


def _value(output: Encoded) -> tuple[bytes, bytes]:
    """`value` and JSON, also for text; or `base64` and a string of that."""
    content = output.content
    if isinstance(content, Path):
        if (size := content.stat().st_size * 4 // 3) > MAX_OUTPUT_BYTES:
            raise _too_large(size)
        content = content.read_bytes()
    elif output.content_type == "application/json":
        return b"value", content
    elif output.content_type.startswith("text/plain"):
        return b"value", json.dumps(content.decode()).encode()
    return b"base64", b'"%s"' % base64.b64encode(content)


def _too_large(size: int) -> ValueError:
    return ValueError(
        f"an output may have {MAX_OUTPUT_BYTES} bytes as a line of JSON, and this one has {size}: "
        "give away something smaller, or return it as the result"
    )
