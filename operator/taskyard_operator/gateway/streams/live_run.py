"""A run as it becomes, for one who follows it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.waiting import Changes, Waiting
from taskyard_operator.pauses import back_off
from taskyard_operator.ports import Missing, PortError

AGAIN_SECONDS = 1.0
"""After so long is tried again what failed, and then after twice as long each time."""
LONGEST_SECONDS = 15.0
"""The longest of these pauses."""

Find = Callable[[], Awaitable[TaskRun]]
"""Finds a run, or the record of it; raises `RequestError` where there is not even that."""


class LiveRun:
    """A run, and what wakes one who follows it.

    Attributes:
        run: as it was when last looked at.
        woken: set when there may be something new.
    """

    def __init__(self, run: TaskRun, waiting: Waiting, find: Find) -> None:
        self.run = run
        self.woken = asyncio.Event()
        self._waiting = waiting
        self._find = find
        self._changes: Changes | None = None

    @contextmanager
    def followed(self) -> Iterator[None]:
        """See it change; one that has ended does so no more."""
        if self.run.status.terminal:
            yield
            return
        with self._waiting.changes(self.run.metadata.name, self.woken.set) as self._changes:
            yield

    @property
    def name(self) -> str:
        """The id of the task."""
        return self.run.metadata.name

    @property
    def closed(self) -> bool:
        """Whether this process is about to end, and nobody is to be kept waiting."""
        return self._waiting.closed

    async def refresh(self) -> None:
        """Look at it anew.

        Raises:
            RequestError: it is gone, and so is its record.
            PortError: it cannot be looked at for now.
        """
        self.woken.clear()
        if self._changes is None or self.run.status.terminal:
            return
        try:
            self.run = self._changes.take() or self.run
        except PortError as error:
            self._changes.tell(None)  # so that it is looked at again, whatever comes of this
            if not isinstance(error, Missing):
                raise
            self.run = await self._find()

    async def pause(self, seconds: float) -> bool:
        """Wait until there may be something new, for some seconds at most; whether there may be."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        return self.woken.is_set()


async def wait_to_try_again(failures: int) -> None:
    """Wait until it is time to try again what has failed so many times, somewhat less than all others."""
    await asyncio.sleep(back_off(failures - 1, AGAIN_SECONDS, LONGEST_SECONDS))
