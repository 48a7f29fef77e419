"""What can be sent to the object store: a file, its beginning, or some bytes; and its digest, as it is read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first `size` bytes of a file that may grow meanwhile."""

    path: Path
    size: int


Source = Path | bytes | Beginning
"""What can be sent: a file, its beginning, or some bytes."""


def size_of(source: Source) -> int:
    """The bytes that are sent of a source."""
    match source:
        case Beginning(_, size):
            return size
        case bytes():
            return len(source)
    return source.stat().st_size


@contextmanager
def opened(source: Source) -> Iterator[tuple[BinaryIO, int]]:
    """The source, to be read once, and the bytes that are to be sent of it."""
    if isinstance(source, bytes):
        yield BytesIO(source), len(source)
    elif isinstance(source, Beginning):
        with source.path.open("rb") as file:
            yield file, source.size
    else:
        with source.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size


class Digesting:
    """A file whose digest is made while it is read, `limit` bytes of it where there is one."""

    def __init__(self, file: BinaryIO, limit: int | None) -> None:
        self._file = file
        self._limit = limit
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next of it, as a file reads."""
        if self._limit is not None:
            left = self._limit - self.size
            size = left if size < 0 else min(size, left)
        chunk = self._file.read(size)
        self.digest.update(chunk)
        self.size += len(chunk)
        return chunk
