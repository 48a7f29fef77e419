"""A body on its way into the store: how long it is and what its digest is, known once it has passed."""

import hashlib
from collections.abc import AsyncIterator

from taskyard_operator.ports import StoredBody


class Measured:
    """The chunks of a body, to be iterated once."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._digest = hashlib.sha256()
        self._size = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self._body)
        self._digest.update(chunk)
        self._size += len(chunk)
        return chunk

    def so_far(self) -> StoredBody:
        """What has passed."""
        return StoredBody(size=self._size, sha256=self._digest.hexdigest())
