"""A line in which everybody has his turn, however many stand there for somebody else."""

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Rotation(Generic[K]):
    """Keys that wait, each for somebody; those for whom some wait take turns. For one event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[K]] = {}
        """Whose turn is next is the first."""
        self._waiting = asyncio.Semaphore(0)

    def put(self, whom: str, key: K) -> None:
        """Let a key wait for somebody, behind all others that do."""
        self._lines.setdefault(whom, deque()).append(key)
        self._waiting.release()

    async def take(self) -> K:
        """The next key, once there is one."""
        await self._waiting.acquire()
        whom = next(iter(self._lines))
        line = self._lines.pop(whom)
        key = line.popleft()
        if line:
            self._lines[whom] = line
        return key
