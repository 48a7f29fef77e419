"""Reading what tasks say of their progress, gently: each run now and then, and all of them one by one.

Nothing is decided here. What was read is laid on the attempt as observed, and the run is looked at.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import Progress, TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.keys import progress_key
from taskyard_operator.core.progress import END_BYTES, ProgressSettings, last_progress
from taskyard_operator.core.token_bucket import TokenBucket
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.ports import Key, Missing, ObjectStore, PortError

logger = logging.getLogger(__name__)

_AT_A_TIME = 4
"""Reads under way at once, so that a slow answer for one run does not hold up the others."""


class _Said(NamedTuple):
    """What an attempt said that was read last."""

    owner: str
    number: int
    progress: Progress

    def by(self, attempt: Attempt) -> bool:
        return (attempt.owner, attempt.number) == (self.owner, self.number)


class ProgressReader:
    """Follows the progress of running tasks.

    A run is first read `interval` after it was seen to run, so a short task costs no read at all.

    Args:
        objects: where progress is.
        cache: the runs that there are.
        settings: how often to read.
        wake: puts a run's key on the work queue.
    """

    def __init__(
        self,
        objects: ObjectStore,
        cache: Cache,
        settings: ProgressSettings,
        wake: Callable[[Key], None],
    ) -> None:
        self._objects = objects
        self._cache = cache
        self._interval = settings.interval
        self._bucket = TokenBucket(settings.reads_per_second)
        self._wake = wake
        self._due: WorkQueue[Key] = WorkQueue()
        self._said: dict[Key, _Said] = {}
        self._store_is_away = False

    def follow(self, run: TaskRun) -> None:
        """Read the progress of a run from now on, if it is running, and for as long as it is."""
        key = Key.of(run)
        if self._interval and run.status.phase == Phase.RUNNING and key not in self._due:
            self._due.add_after(key, self._interval)

    def laid_on(self, key: Key, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """The attempts of a run, with what the one that was read last has said."""
        said = self._said.get(key)
        if said is None:
            return attempts
        return [
            replace(attempt, progress=said.progress) if said.by(attempt) else attempt
            for attempt in attempts
        ]

    async def read_for_ever(self) -> None:
        """Read what is due."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_A_TIME):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            key = await self._due.get()
            try:
                await asyncio.sleep(self._bucket.take(asyncio.get_running_loop().time()))
                await self._look(key)
            except Exception:
                # A fault of ours with one run must not end the reading of all others.
                logger.exception("%s/%s: progress not read", *key)
            finally:
                self._due.done(key)

    async def _look(self, key: Key) -> None:
        """Read a run's progress, and see to it that it is read again; one that has ended is forgotten."""
        run = self._cache.run(key)
        if run is None or run.status.phase != Phase.RUNNING or run.status.attempt is None:
            self._said.pop(key, None)
            return
        self._due.add_after(key, self._interval)
        said = await self._read(progress_key(*key, run.status.attempt))
        if said and said != run.status.progress:
            self._said[key] = _Said(run.metadata.uid, run.status.attempt, said)
            self._wake(key)

    async def _read(self, key: str) -> Progress | None:
        try:
            said = last_progress(await self._objects.get_end(key, END_BYTES))
        except Missing:
            said = None  # The task has said nothing yet.
        except PortError as error:
            if not self._store_is_away:
                logger.warning("progress cannot be read for now: %s", error)
            self._store_is_away = True
            return None
        if self._store_is_away:
            logger.info("progress can be read again")
        self._store_is_away = False
        return said
