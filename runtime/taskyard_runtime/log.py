"""The log of an attempt: what the worker and its children print, and what the supervisor has to say.

Everything goes to our own standard output, for `kubectl logs`, and to a file of bounded size, which
is stored while it grows and at the end.
"""

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from taskyard_runtime.sources import Beginning, Source
from taskyard_runtime.upkeep import Pace

PACE = Pace(delay=1, interval=2, rate=256 * 1024)
"""The first line is there after a second, and a log of 16 MiB each minute: a thousand tasks that print
for all they can cost the store 256 MiB a second together."""
_CHUNK_BYTES = 1 << 16
_NOTE_BYTES = 200
"""Room that is kept for the lines that say what was cut."""


class BoundedFile:
    """Keeps the first and the last part of what is written, `limit` bytes together.

    The beginning says how a task was started and the end how it died; what is lost lies between.

    Args:
        path: the file that `finish` leaves behind; two more, `<path>.0` and `.1`, hold the end, and
            `<path>.now` what `so_far` had to put together.
        limit: bytes.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._half = max(0, (limit - _NOTE_BYTES) // 2)
        self._head = path.open("wb")
        self._room = self._half
        self._tails: list[Path] = []
        self._tail: BinaryIO | None = None
        self._written = 0

    def write(self, data: bytes) -> None:
        """Take more of the log."""
        self._written += len(data)
        first, rest = data[: self._room], data[self._room :]
        self._head.write(first)
        self._room -= len(first)
        while rest:
            tail = self._open_tail()
            room = self._half - tail.tell()
            tail.write(rest[:room])
            rest = rest[room:] if self._half else b""

    def so_far(self) -> Source:
        """What `finish` would leave now, but for the last word of what was cut."""
        self._head.flush()
        if self._tail is None:
            return Beginning(self._path, self._written)
        self._tail.flush()
        target = Path(f"{self._path}.now")
        with target.open("wb") as file, self._path.open("rb") as head:
            shutil.copyfileobj(head, file)
            self._write_end(file)
        return target

    def finish(self) -> Path:
        """Put the parts together in the file, and return its path."""
        if self._tail is not None:
            self._tail.close()
        cut = self._write_end(self._head)
        if cut > 0:
            self._head.write(
                f"\n[taskyard: the log was cut: {cut} of its {self._written} bytes, after the "
                f"first {self._half}, were not kept]\n".encode()
            )
        self._head.close()
        return self._path

    def _write_end(self, file: BinaryIO) -> int:
        """Write what comes after the head; how many bytes are missing between the two."""
        ending = b"".join(path.read_bytes() for path in self._tails)[-self._half or None :]
        cut = self._written - (self._half - self._room) - len(ending)
        if cut > 0:
            file.write(f"\n[taskyard: {cut} bytes are missing here]\n".encode())
        file.write(ending)
        return cut

    def _open_tail(self) -> BinaryIO:
        """The file that takes the end now: of two full ones, the older is written anew."""
        if self._tail is None or self._tail.tell() >= self._half > 0:
            if self._tail is not None:
                self._tail.close()
            if len(self._tails) < 2:
                self._tails.append(Path(f"{self._path}.{len(self._tails)}"))
            else:
                self._tails.reverse()
            self._tail = self._tails[-1].open("wb")
        return self._tail


class Log:
    """The log of one attempt, written by the worker's pipe and by the supervisor at once."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._file = BoundedFile(path, limit)
        self._lock = threading.Lock()
        self._whole: Path | None = None
        self._pump: threading.Thread | None = None
        self._on_growth: Callable[[], None] = lambda: None

    def tell(self, on_growth: Callable[[], None]) -> None:
        """Have this called from now on, in any thread, when the log has grown."""
        self._on_growth = on_growth

    def body(self) -> Source:
        """The log as it stands."""
        with self._lock:
            return self._whole or self._file.so_far()

    def follow(self, pipe: int) -> None:
        """Copy from the reading end of a pipe, in a thread, until its end; closes it then."""
        # A daemon: a process that left the worker's group may keep the pipe open for ever.
        self._pump = threading.Thread(target=self._copy, args=(pipe,), name="log", daemon=True)
        self._pump.start()

    def say(self, sentence: str) -> None:
        """A line of our own."""
        self._write(f"taskyard: {sentence}\n".encode("utf-8", "replace"))

    def finish(self, patience: float) -> None:
        """Wait for the end of the pipe, `patience` seconds at most; nothing is written from then on.

        Raises:
            OSError: the end of the log could not be put to its beginning.
        """
        if self._pump is not None:
            self._pump.join(patience)
        with self._lock:
            self._whole = self._path
            self._file.finish()
        self._on_growth()

    def _copy(self, pipe: int) -> None:
        while data := os.read(pipe, _CHUNK_BYTES):
            self._write(data)
        os.close(pipe)

    def _write(self, data: bytes) -> None:
        # Our own standard output may be closed, or its reader gone; the file counts all the same.
        with suppress(OSError):
            view = memoryview(data)
            while view:
                view = view[os.write(1, view) :]
        with self._lock:
            if self._whole is not None:
                return
            with suppress(OSError):  # a full disk must not end the task
                self._file.write(data)
        self._on_growth()
