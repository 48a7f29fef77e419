"""Pages of runs, newest first: of those whose TaskRun is there, and of those with only a record left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.listed import Entry, listed_folder
from taskyard_operator.core.listing import Filters, Found, MayPick, page_of
from taskyard_operator.gateway.past import Past
from taskyard_operator.gateway.roster import Roster
from taskyard_operator.gateway.several import each
from taskyard_operator.ports import ObjectStore

MOST_LOOKED_AT = 10_000
"""Entries of ended runs that are looked at for one page; some ten requests to the store."""
_READS = 16
"""Most records that are read at the same time, for all pages together."""


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs in order, and the place after which the next page begins; None where there is none."""

    runs: Sequence[TaskRun]
    next: str | None


class Listing:
    """Lists the runs of one namespace.

    A page costs the API server nothing (see `Roster`), and the object store one listing and a read for
    each of its runs whose TaskRun is gone.
    """

    def __init__(self, roster: Roster, objects: ObjectStore, past: Past, namespace: str) -> None:
        self._roster = roster
        self._objects = objects
        self._past = past
        self._namespace = namespace
        self._reading = asyncio.Semaphore(_READS)

    async def page(self, filters: Filters, after: str, limit: int) -> RunPage:
        """The first `limit` runs that are picked after a place.

        There may be fewer of them, or none, and more on the next page: where many had to be looked at
        to find these, or what an entry promised did not hold.

        Raises:
            PortError: the runs cannot be listed for now.
        """
        await self._roster.ready()
        after, may_pick = max(after, filters.begin), filters.sieve()
        rows = self._roster.first(lambda row: may_pick(row.entry), after, limit + 1)
        live = [row.entry for row in rows]
        ended = Found([])
        if filters.pick_ended:
            end = min(filters.end, live[limit].place) if len(live) > limit else filters.end
            ended = await self._ended(may_pick, after, end, limit + 1)
        page = page_of(live, ended, limit)
        known = {row.entry: row.run() for row in rows[:limit]}
        gone = [entry for entry in page.entries if entry not in known]
        known |= await self._recorded(gone)
        found = [run for entry in page.entries if (run := known.get(entry))]
        return RunPage([run for run in found if filters.picks(run)], page.next)

    async def _ended(self, may_pick: MayPick, after: str, end: str, most: int) -> Found:
        """The entries of runs that have no TaskRun any more, between two places."""
        found: list[Entry] = []
        looked_at, folder = 0, listed_folder(self._namespace)
        async for keys in self._objects.list(folder, f"{folder}/{after}" if after else ""):
            entries = [entry for key in keys if (entry := Entry.from_name(key.rpartition("/")[2]))]
            found += [
                entry
                for entry in entries
                if after < entry.place < end and may_pick(entry) and not self._is_live(entry)
            ]
            looked_at += len(entries)
            if len(found) >= most or (entries and entries[-1].place >= end):
                break
            if looked_at >= MOST_LOOKED_AT:
                return Found(found, complete_to=entries[-1].place)
        return Found(found)

    def _is_live(self, entry: Entry) -> bool:
        row = self._roster.row(entry.run)
        return row is not None and row.entry.place == entry.place

    async def _recorded(self, entries: Sequence[Entry]) -> dict[Entry, TaskRun]:
        """The runs of entries, but for those whose record is gone, has expired, or is of another run or end."""

        async def read(entry: Entry) -> TaskRun | None:
            return await self._past.kept(self._namespace, entry.run)

        records = zip(entries, await each(read, entries, self._reading), strict=True)
        return {entry: run for entry, run in records if run and Entry.of(run) == entry}
