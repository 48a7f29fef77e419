"""Records of runs that have ended, and what they are found by: to be listed, and when they have expired."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from taskyard_operator.core.expiry import held_key, hour_of, lender_of, marker_key
from taskyard_operator.core.keys import record_key
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import MAX_RECORD_BYTES, Record
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import Missing, ObjectStore


class Archive:
    """The records in an object store."""

    def __init__(self, store: StoreGuard) -> None:
        self._store = store

    async def keep(self, record: Record) -> None:
        """Store a record with all that its expiry needs; it may be stored already.

        Raises:
            PortError: the store did not take it; some of it may be stored, which does no harm.
        """
        namespace, name = record.run.metadata.namespace, record.run.metadata.name
        hour = hour_of(record.expires_at)
        lender = lender_of(record.run)
        entry = Entry.of(record.run)
        # Markers first: what is never looked for again must not be in the store.
        markers = [marker_key(hour, namespace, entry)]
        if lender:
            markers += [marker_key(hour, namespace, lender), held_key(namespace, lender, hour)]
        then = {
            listed_key(namespace, entry): b"",
            record_key(namespace, name): record.to_json(),
        }
        await self._store.ask(lambda store: _put_all(store, markers, then))

    async def find(self, namespace: str, name: str) -> Record | None:
        """The record of a run, or None where there is none that can be read.

        Raises:
            PortError: the store gave no answer.
        """
        with suppress(Missing, ValueError):
            key = record_key(namespace, name)
            text = await self._store.ask(lambda store: store.get_small(key, MAX_RECORD_BYTES))
            return Record.from_json(text)
        return None

    async def has(self, record: Record) -> bool:
        """Whether the store has this record, and no other one of that name.

        Two controllers that ended one run at the same time, each in its way, may have left the
        record of the one that lost; and buckets get emptied.

        Raises:
            PortError: the store gave no answer.
        """
        run = record.run
        stored = await self.find(run.metadata.namespace, run.metadata.name)
        return stored is not None and stored.tells(run, run.status)


async def _put_all(store: ObjectStore, markers: Iterable[str], then: Mapping[str, bytes]) -> None:
    for marker in markers:
        await store.put_bytes(marker, b"")
    # At the same time: the end of a run must not take longer for being listed.
    await asyncio.gather(*(store.put_bytes(key, body) for key, body in then.items()))
