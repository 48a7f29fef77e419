"""Records of runs that have ended, and the markers by which their data is found when it has expired."""

import logging
from collections.abc import Mapping
from contextlib import suppress

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.expiry import held_key, hour_of, lender_of, marker_key
from taskyard_operator.core.keys import record_key
from taskyard_operator.core.record import MAX_RECORD_BYTES, Record
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import Missing, ObjectStore

logger = logging.getLogger(__name__)


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
        # Markers first: what is never looked for again must not be in the store.
        bodies = {marker_key(hour, namespace, name): b""}
        if lender:
            bodies[marker_key(hour, namespace, lender)] = b""
            bodies[held_key(namespace, lender, hour)] = b""
        bodies[record_key(namespace, name)] = record.to_json()
        await self._store.ask(lambda store: _put_all(store, bodies))

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

    async def make_sure_of(self, record: Record) -> None:
        """See to it that the store has this record, before the TaskRun it is made from is deleted.

        Two controllers that ended one run at the same time, each in its way, may have left the
        record of the one that lost; and buckets get emptied.

        Raises:
            PortError: the store gave no answer.
        """
        run = record.run
        stored = await self.find(run.metadata.namespace, run.metadata.name)
        if stored is None or not stored.tells(run, run.status):
            logger.info("%s/%s: its record is stored anew", *_place(run))
            await self.keep(record)


async def _put_all(store: ObjectStore, bodies: Mapping[str, bytes]) -> None:
    for key, body in bodies.items():
        await store.put_bytes(key, body)


def _place(run: TaskRun) -> tuple[str, str]:
    return run.metadata.namespace, run.metadata.name
