"""Deleting a run that has ended, with all that it left, before its time."""

from collections.abc import Sequence
from datetime import UTC, datetime

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.conditions import holds_nothing
from taskyard_operator.core.expiry import (
    Deleted,
    deletion_marker,
    hour_of,
    hour_of_stragglers,
    lender_of,
    marker_key,
)
from taskyard_operator.core.keys import input_key, record_key, run_prefix
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import MAX_RECORD_BYTES, Record
from taskyard_operator.core.retention import is_archived
from taskyard_operator.core.sweep import swept
from taskyard_operator.gateway.claims import Claims
from taskyard_operator.gateway.errors import NotReady
from taskyard_operator.ports import Key, Missing, ObjectStore, WatchedRuns


class Deletion:
    """Deletes runs; one that was broken off is repeated by asking again."""

    def __init__(self, runs: WatchedRuns, objects: ObjectStore, claims: Claims) -> None:
        self._runs = runs
        self._objects = objects
        self._claims = claims

    async def delete(self, run: TaskRun) -> None:
        """Delete a run, its record and its data; an input that a retry of it still uses goes with that.

        Raises:
            NotReady: it has not ended.
            PortError: not all of it is gone.
        """
        if not run.status.terminal:
            raise NotReady.of(run, "has not ended: cancel it first")
        await self._claims.note_deletion(run)
        await self._runs.delete(run)
        if not is_archived(run.status):
            # A controller may be about to store its record, and then does that after all else is gone.
            # Noted only now: after a deletion that failed it would have the data deleted all the same.
            # Where this process ends just before, such a record goes when its own time is over.
            hour = hour_of_stragglers(datetime.now(UTC))
            marker = deletion_marker(hour, Deleted(*Key.of(run), run.metadata.uid))
            await self._objects.put_bytes(marker, b"")
        last = [record_key(*Key.of(run)), *await self._indices(run)]
        # The record after all else: as long as it is there this can be asked for again.
        first = [key for key in await self._data(Key.of(run)) if key not in last]
        for keys in filter(None, (first, last)):
            await self._objects.delete_many(keys)

    async def _data(self, run: Key) -> Sequence[str]:
        """The objects of a run that go with it."""
        keys = [key async for page in self._objects.list(run_prefix(*run)) for key in page]
        lent = input_key(*run) in keys and await self._is_lent(run)
        now = datetime.now(UTC)
        return swept(*run, keys, now, expires_at=None, open_=False, borrowed=lent).keys

    async def _is_lent(self, key: Key) -> bool:
        """Whether there is a run that uses the input of this one."""
        async for run in self._runs.each_run(key.namespace):
            if lender_of(run) == key.name:
                return True
        return False

    async def _indices(self, run: TaskRun) -> list[str]:
        """The entry by which the run is listed, and its marker in the index of `core/expiry.py`.

        The marker only where nothing more can come of the run: what a pod that is still there stores
        later is found by it, in its hour.
        """
        namespace, name = Key.of(run)
        try:
            text = await self._objects.get_small(record_key(namespace, name), MAX_RECORD_BYTES)
            record = Record.from_json(text)
        except (Missing, ValueError):
            return []
        entry = Entry.of(record.run)
        indices = [listed_key(namespace, entry)]
        if holds_nothing(run.status):
            indices.append(marker_key(hour_of(record.expires_at), namespace, entry))
        return indices
