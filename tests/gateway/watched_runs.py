"""Runs in memory whose changes are told as a watch would tell them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard_operator.ports import Change, Key
from tests.core.builders import a_run
from tests.engine.world import Calls, MemoryRuns

NAMESPACE = "default"


class Runs(MemoryRuns):
    """Runs that can be watched; the watch breaks when a test says so."""

    def __init__(self) -> None:
        super().__init__(Calls())
        self.watches: list[asyncio.Queue[Change | Exception]] = []

    async def each_run(self, namespace: str) -> AsyncIterator[TaskRun]:
        for run in await self.runs(namespace):
            yield run

    async def watch(self, namespace: str) -> AsyncGenerator[Change]:
        await self.calls.enter("watch")
        told: asyncio.Queue[Change | Exception] = asyncio.Queue()
        self.watches.append(told)
        return self._changes(told)

    async def _changes(self, told: asyncio.Queue[Change | Exception]) -> AsyncGenerator[Change]:
        try:
            while True:
                change = await told.get()
                if isinstance(change, Exception):
                    raise change
                yield change
        finally:
            self.watches.remove(told)

    def add(self, name: str) -> None:
        self.put(a_run().named(name).in_namespace(NAMESPACE))

    def end(self, name: str, *, told: bool = True) -> TaskRun:
        """Let a run succeed, and tell the watchers."""
        run = self.by_key[Key(NAMESPACE, name)]
        ended = run.model_copy(update={"status": TaskRunStatus(phase=Phase.SUCCEEDED)})
        self.tell(Change(Key.of(run), self.put(ended))) if told else self.put(ended)
        return ended

    def become(self, name: str, status: TaskRunStatus) -> None:
        """Let a run have another status, and tell the watchers."""
        run = self.by_key[Key(NAMESPACE, name)].model_copy(update={"status": status})
        self.tell(Change(Key.of(run), self.put(run)))

    def tell(self, change: Change | Exception) -> None:
        for watch in list(self.watches):
            watch.put_nowait(change)
