"""A request's body as a stream of pieces that never needs to be in memory at once.

A body can be read again from its start, for a retry or a redirect, unless it comes from a pipe.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 256 * 1024
"""Bytes read and sent at once."""


class Source(Protocol):
    """Bytes from somewhere: `size` is None where it is not known before the end."""

    @property
    def size(self) -> int | None:
        """How many bytes there will be."""

    @property
    def repeatable(self) -> bool:
        """Whether they can be read once more."""

    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class InMemory:
    """Bytes that the caller holds already."""

    view: memoryview
    repeatable = True

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.view.nbytes

    def __iter__(self) -> Iterator[bytes]:
        view = self.view.cast("B")
        return (bytes(view[start : start + CHUNK]) for start in range(0, self.size, CHUNK))


@dataclass(frozen=True)
class OnDisk:
    """A file by its path, opened when it is sent. Exactly `size` bytes are sent."""

    path: Path
    size: int
    repeatable = True

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            yield from _exactly(file, self.size)


@dataclass
class Opened:
    """A file that the caller has opened, from where it stood (`start`) to its end.

    `start` is None for a pipe or the like, whose `size` is unknown and which is read only once.
    """

    file: BinaryIO
    start: int | None
    size: int | None
    _drained: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether the file can be wound back."""
        return self.start is not None

    def __iter__(self) -> Iterator[bytes]:
        if self.start is not None and self.size is not None:
            self.file.seek(self.start)
            yield from _exactly(self.file, self.size)
        elif self._drained:
            raise OSError("the server redirected the request, and a pipe cannot be read twice")
        else:
            self._drained = True
            yield from iter(lambda: self.file.read(CHUNK), b"")


def opened(file: BinaryIO) -> Opened:
    """The rest of an open binary file, measured if it can be."""
    if not file.seekable():
        return Opened(file, start=None, size=None)
    start = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(start)
    return Opened(file, start, end - start)


@dataclass(frozen=True)
class Body:
    """A whole body and its content type."""

    content_type: str
    pieces: tuple[bytes | Source, ...]

    @property
    def size(self) -> int | None:
        """Bytes in all, or None if a part's size is unknown."""
        total = 0
        for piece in self.pieces:
            size = len(piece) if isinstance(piece, bytes) else piece.size
            if size is None:
                return None
            total += size
        return total

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent once more."""
        return all(isinstance(piece, bytes) or piece.repeatable for piece in self.pieces)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that describe it."""
        size = self.size
        framing = (
            {"Transfer-Encoding": "chunked"} if size is None else {"Content-Length": str(size)}
        )
        return {"Content-Type": self.content_type, **framing}

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece


def _exactly(file: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise OSError(f"{file.name} became {left} bytes shorter while it was sent")
        left -= len(chunk)
        yield chunk
