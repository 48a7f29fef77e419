"""The requests that it takes to delete what has expired."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from taskyard_operator.objects.store import BucketStore

_KEYS_PER_REQUEST = 1000
"""So many one request lists on S3, or deletes."""


class Counted(BucketStore):
    """The bucket, counting what is asked of it."""

    def __init__(self, bucket: BucketStore) -> None:
        self.__dict__ |= bucket.__dict__
        self.lists = self.reads = self.deletions = 0

    @property
    def requests(self) -> int:
        return self.lists + self.reads + self.deletions

    async def get_small(self, key: str, limit: int) -> bytes:
        self.reads += 1
        return await super().get_small(key, limit)

    async def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        self.lists += 1
        listed = 0
        async for page in super().list(folder, start_after):
            self.lists += listed > 0 and listed % _KEYS_PER_REQUEST == 0
            listed += len(page)
            yield page

    async def list_folders(self, folder: str) -> Sequence[str]:
        self.lists += 1
        return await super().list_folders(folder)

    async def delete_many(self, keys: Sequence[str]) -> None:
        self.deletions += -(-len(keys) // _KEYS_PER_REQUEST)
        await super().delete_many(keys)
