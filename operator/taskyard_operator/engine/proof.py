"""Asking the object store whether an attempt that says it succeeded has left its result there.

One request for a task that ends as usual. A large result is told by its size and the store's own tag;
only one whose report is gone is read as a whole, to know its digest.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.core.keys import result_key
from taskyard_operator.core.proof import FoundResult, as_found, as_reported
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.patience import Patience, StoreAway
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import FoundObject, Key, Missing, ObjectStore, PortError

SMALL_BYTES = 1024**2
"""A result of up to this size is read, which costs no more requests than to ask for its size."""

READING_SECONDS = 240
"""Longest time for reading a large result whose report is gone: 5 GiB at 23 MB/s.

Less than what the liveness probe takes for a worker that is stuck."""


class Proof:
    """Bears out the ends of attempts by the objects in a store."""

    def __init__(self, store: StoreGuard, patience: Patience, clock: Clock) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock

    async def of(self, run: TaskRun, attempt: Attempt) -> Attempt:
        """The attempt with its end as the store bears it out.

        Raises:
            StoreAway: the store gave no answer; again later.
        """
        if attempt.ending is None or not attempt.ending.unproved:
            return attempt
        ending = await self._proved(run, attempt, attempt.ending)
        return replace(attempt, ending=ending)

    async def _proved(self, run: TaskRun, attempt: Attempt, ending: Ending) -> Ending:
        metadata = run.metadata
        key = result_key(metadata.namespace, metadata.name, attempt.number)
        try:
            return as_found(ending, await self._find(key, ending))
        except PortError as error:
            # Without a report all hangs on the store: what it is waited for counts from now.
            ended = attempt.finished_at if ending.result else None
            until = self._patience.until(Key.of(run), ended)
            if self._clock() < until:
                raise StoreAway(f"its result cannot be looked up yet: {error}", until) from error
            return as_reported(ending)

    async def _find(self, key: str, ending: Ending) -> FoundResult | None:
        small = ending.result is None or ending.result.size <= SMALL_BYTES
        with suppress(Missing):
            found = await self._store.ask(
                lambda store: store.look_up(key, SMALL_BYTES if small else 0)
            )
            digest = await self._digest(key, found, needed=ending.result is None)
            return FoundResult(found.size, digest, found.content_type, found.e_tag)
        return None

    async def _digest(self, key: str, found: FoundObject, *, needed: bool) -> str | None:
        if found.body is not None:
            return hashlib.sha256(found.body).hexdigest()
        if not needed:
            return None
        return await self._store.ask(lambda store: _digest_of(store, key), READING_SECONDS)


async def _digest_of(store: ObjectStore, key: str) -> str:
    digest = hashlib.sha256()
    async for chunk in store.get(key):
        digest.update(chunk)
    return digest.hexdigest()
