"""Deleting TaskRuns whose time is over, at a bounded rate: thousands may be due when a controller starts."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import Retention, expires_at, is_archived
from taskyard_operator.core.token_bucket import TokenBucket
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.ports import Key, Missing, PortError, RunStore

logger = logging.getLogger(__name__)


class Deletions:
    """A line of TaskRuns to delete, in the order in which they were asked for.

    Args:
        runs: where they are deleted.
        archive: where their records are.
        per_second: the most deletions per second.
        clock: tells the time.
        trouble: tells of what cannot be done now.
        failed: called with the key of a run that could not be deleted, and is to be looked at again.
    """

    def __init__(
        self,
        runs: RunStore,
        archive: Archive,
        per_second: float,
        clock: Clock,
        trouble: Trouble,
        failed: Callable[[Key], object],
    ) -> None:
        self._runs = runs
        self._archive = archive
        self._bucket = TokenBucket(per_second)
        self._clock = clock
        self._trouble = trouble
        self._failed = failed
        self._line: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: dict[Key, tuple[TaskRun, Retention]] = {}

    def ask(self, run: TaskRun, retention: Retention) -> None:
        """Put a run in the line; one that is in it already stays where it is."""
        key = Key.of(run)
        if key not in self._waiting:
            self._line.put_nowait(key)
        self._waiting[key] = run, retention

    def forget(self, key: Key) -> None:
        """A run is gone: its record may have been deleted with it, and must not be stored anew."""
        self._waiting.pop(key, None)

    async def work_for_ever(self) -> None:
        """Delete one after the other."""
        loop = asyncio.get_running_loop()
        while True:
            key = await self._line.get()
            if key in self._waiting:
                await asyncio.sleep(self._bucket.take(loop.time()))
            asked = self._waiting.pop(key, None)
            if asked is None:
                continue
            try:
                await self._delete(*asked)
                self._trouble.over()
            except PortError as error:
                self._trouble.met(
                    error, f"{key.namespace}/{key.name}: not deleted, tried again later"
                )
                self._failed(key)
            except Exception:
                # A fault of ours with one run must not end the deletion of all others.
                logger.exception("%s/%s: not deleted, tried again later", *key)
                self._failed(key)

    async def _delete(self, run: TaskRun, retention: Retention) -> None:
        if not is_archived(run.status):
            return  # The plan that asked saw to that; but nothing brings a run back.
        kept_until = expires_at(run.status, retention, self._clock())
        if kept_until > self._clock():
            await self._make_sure_of(Record(run, kept_until))
        await self._runs.delete(run)

    async def _make_sure_of(self, record: Record) -> None:
        """See to it that the record is stored, before the TaskRun it is made from is deleted."""
        if await self._archive.has(record):
            return
        key = Key.of(record.run)
        with suppress(Missing):
            # Where its caller has just deleted it, the record is gone with it, and is to stay so.
            there = await self._runs.run(*key)
            if there.metadata.uid == record.run.metadata.uid:
                logger.info("%s/%s: its record is stored anew", *key)
                await self._archive.keep(record)
