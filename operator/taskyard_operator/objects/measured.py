"""A body on its way into the store: how long it is and what its digest is, known once it has passed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from taskyard_operator.ports import StoredBody


class BrokenOff(Exception):
    """Raised in place of the next chunk: nobody waits for the body any more."""


class Measured:
    """The chunks of a body, to be iterated once."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._digest = hashlib.sha256()
        self._size = 0
        self._reader: asyncio.Task[object] | None = None
        self._broken_off = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._reader = asyncio.current_task()
        try:
            if self._broken_off:
                raise BrokenOff
            chunk = await anext(self._body)
        finally:
            self._reader = None
        self._digest.update(chunk)
        self._size += len(chunk)
        return chunk

    def break_off(self) -> None:
        """Let nothing more come, and whoever reads it learn that it is not whole."""
        self._broken_off = True
        if self._reader:
            self._reader.cancel()

    def so_far(self) -> StoredBody:
        """What has passed."""
        return StoredBody(size=self._size, sha256=self._digest.hexdigest())
