"""When something happened to each of many objects, as a watch tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from .api import PATIENCE, Api, Json


class Moments:
    """The time of the event loop at which each object of a collection was first seen in some state.

    Args:
        api: where the collection is.
        path: the collection.
        happened: whether an object is in that state.
    """

    def __init__(self, api: Api, path: str, happened: Callable[[Json], bool]) -> None:
        self.at: dict[str, float] = {}
        self._api = api
        self._path = path
        self._happened = happened

    async def __aenter__(self) -> Self:
        version = await self._api.version(self._path)
        self._watching = asyncio.create_task(self._watch(version))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._watching.cancel()
        await asyncio.wait([self._watching])

    async def all(self, names: Collection[str]) -> None:
        """Return once it has happened to all of these."""
        missing = set(names)
        async with asyncio.timeout(PATIENCE):
            while missing := missing - self.at.keys():
                if self._watching.done():  # which it is only by an error
                    self._watching.result()
                await asyncio.sleep(0.05)  # the times are the watch's, so nothing is lost by it

    async def _watch(self, version: str) -> None:
        now = asyncio.get_running_loop().time
        async for item in self._api.watch(self._path, version):
            name = item["metadata"]["name"]
            if name not in self.at and self._happened(item):
                self.at[name] = now()
