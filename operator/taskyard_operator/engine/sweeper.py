"""Deleting data that has expired, found by the index of `core/expiry.py`.

The cost of a pass is one list of the index's hours and, for each run that has expired, one list and
one small read; deletions go many to a request. A pass that was broken off is taken up by the next.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.claim import MAX_CLAIM_BYTES, Claim, claim_key, claimed_by
from taskyard_operator.core.expiry import (
    INDEX,
    Deleted,
    Due,
    deleted_by,
    due_by,
    hour_of_stragglers,
    is_past,
    lender_of,
    marker_key,
)
from taskyard_operator.core.keys import run_prefix
from taskyard_operator.core.listed import Entry
from taskyard_operator.core.retention import is_archived
from taskyard_operator.core.sweep import NOT_YET, SUPERSEDED, Swept, swept, swept_claim
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.ports import Key, Missing, ObjectStore, PortError

logger = logging.getLogger(__name__)

RUNS_PER_PASS = 5000
"""After so many a pass ends and the next begins at once: each looks at the hours anew."""
AT_A_TIME = 8
"""Runs that are looked at concurrently; their data is then deleted by few requests, one after the other."""
_MOST_ORPHANS = 10_000


class Sweeper:
    """Deletes the expired data of the namespaces that this process serves.

    Args:
        objects: where the data is.
        archive: where the records are.
        cache: the TaskRuns that there are.
        namespaces: those that are served; of others it is not known which data somebody uses.
        interval: the time between two passes.
        clock: tells the time.
    """

    def __init__(
        self,
        objects: ObjectStore,
        archive: Archive,
        cache: Cache,
        namespaces: Namespaces,
        interval: timedelta,
        clock: Clock,
    ) -> None:
        self._objects = objects
        self._archive = archive
        self._cache = cache
        self._namespaces = namespaces
        self._interval = interval
        self._clock = clock
        self._orphans: set[Key] = set()
        self._gate = asyncio.Semaphore(AT_A_TIME)

    def run_gone(self, run: TaskRun) -> None:
        """A run was deleted; where it was not archived no marker tells of its data and input yet."""
        if is_archived(run.status) or len(self._orphans) >= _MOST_ORPHANS:
            return
        self._orphans.add(Key.of(run))
        if lender := lender_of(run):
            self._orphans.add(Key(run.metadata.namespace, lender))

    async def sweep_for_ever(self) -> None:
        """One pass after the other; the cache must know all runs."""
        while True:
            more = False
            try:
                more = await self.sweep() >= RUNS_PER_PASS
            except PortError as error:
                logger.warning("expired data was not deleted, tried again later: %s", error)
            except Exception:
                # A fault of ours here must not end the engine, which can do without this for a while.
                logger.exception("expired data was not deleted, tried again later")
            if not more:
                await asyncio.sleep(self._interval.total_seconds())

    async def sweep(self) -> int:
        """One pass; returns how many markers were dealt with.

        Raises:
            PortError: the store gave no answer; what was done is done.
        """
        await self._mark_orphans()
        dealt_with = 0
        for hour in sorted(await self._objects.list_folders(INDEX)):
            if not is_past(hour, self._clock()):
                continue
            for place in filter(self._namespaces.serves, self._namespaces.places):
                async for markers in self._objects.list(_folder(hour, place)):
                    dealt_with += await self._sweep_portion(markers, place)
                    if dealt_with >= RUNS_PER_PASS:
                        return dealt_with
        return dealt_with

    async def _sweep_portion(self, markers: Sequence[str], place: str | None) -> int:
        if not self._namespaces.serves(place):
            return 0  # It was lost while its markers were listed, and of who has lent what nothing is known.
        lent = self._lent()
        decided = await asyncio.gather(*(self._decide(marker, place, lent) for marker in markers))
        await self._delete([key for one in decided for key in one.keys])
        # Last, so that a pass that is broken off is found again.
        done = [marker for marker, one in zip(markers, decided, strict=True) if one.done]
        await self._delete(done)
        return len(done)

    def _lent(self) -> set[Key]:
        """The runs whose input some TaskRun uses, be it to run with it or to be retried with it."""
        return {
            Key(run.metadata.namespace, lender)
            for run in self._cache.runs()
            if (lender := lender_of(run))
        }

    async def _decide(self, marker: str, place: str | None, lent: set[Key]) -> Swept:
        async with self._gate:
            decided = await self._decide_by_kind(marker, lent)
        # The last that was looked at, just now, was the cache: it tells nothing of a place that is lost.
        return decided if self._namespaces.serves(place) else NOT_YET

    async def _decide_by_kind(self, marker: str, lent: set[Key]) -> Swept:
        if due := due_by(marker):
            return await self._decide_run(due, lent)
        if deleted := deleted_by(marker):
            return await self._decide_deleted(deleted, lent)
        if claimed := claimed_by(marker):
            return await self._decide_claim(*claimed)
        return NOT_YET  # What this version does not know, another one may.

    async def _decide_claim(self, namespace: str, digest: str) -> Swept:
        key = claim_key(namespace, digest)
        try:
            text = await self._objects.get_small(key, MAX_CLAIM_BYTES)
        except Missing:
            return SUPERSEDED
        claim = None
        with suppress(ValueError):
            claim = Claim.from_json(text)
        run = self._cache.run(Key(namespace, claim.run)) if claim else None
        open_ = run is not None and not run.status.terminal
        return swept_claim(key, claim, self._clock(), open_=open_)

    async def _decide_run(self, due: Due, lent: set[Key]) -> Swept:
        namespace, name = key = Key(due.namespace, due.run)
        record = await self._archive.find(namespace, name)
        decided = await self._swept(key, record.expires_at if record else None, lent)
        return decided.with_entry(due, record.run if record else None)

    async def _decide_deleted(self, deleted: Deleted, lent: set[Key]) -> Swept:
        """Whether a run was archived in the moment in which it was deleted: that record is for nobody.

        Who stored it cannot tell. He finds his run gone also where he was stalled until its time was over,
        and then the record must stay.
        """
        key = Key(deleted.namespace, deleted.run)
        record = await self._archive.find(*key)
        if record is None or record.run.metadata.uid != deleted.uid:
            return SUPERSEDED
        decided = await self._swept(key, None, lent)
        return decided.with_entry(Due(*key, Entry.of(record.run)), None)

    async def _swept(self, key: Key, expires_at: datetime | None, lent: set[Key]) -> Swept:
        keys = [one async for page in self._objects.list(run_prefix(*key)) for one in page]
        run = self._cache.run(key)
        return swept(
            *key,
            keys,
            self._clock(),
            expires_at=expires_at,
            open_=run is not None and not is_archived(run.status),
            borrowed=key in lent,
        )

    async def _delete(self, keys: Sequence[str]) -> None:
        if keys:
            await self._objects.delete_many(keys)

    async def _mark_orphans(self) -> None:
        for key in list(self._orphans):
            hour = hour_of_stragglers(self._clock())
            await self._objects.put_bytes(marker_key(hour, *key), b"")
            self._orphans.discard(key)


def _folder(hour: str, place: str | None) -> str:
    return f"{INDEX}/{hour}/{place}" if place else f"{INDEX}/{hour}"
