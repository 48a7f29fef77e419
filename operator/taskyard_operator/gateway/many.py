"""Many runs with one request: wait for the first of them to end, and cancel those that a filter picks."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from fastapi import Request

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.listing import Filters
from taskyard_operator.gateway.errors import RequestError
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.roster import News, Roster, Row
from taskyard_operator.gateway.several import each
from taskyard_operator.ports import Missing, RunStore

_AT_A_TIME = 8
"""Most requests to the API server at the same time, for each of these requests to the gateway."""
_HEARD_SECONDS = 2.0
"""Longest wait for what was just changed to come back by the watch; it mostly takes milliseconds."""


@dataclass(slots=True)
class Waited:
    """What has become of the runs that somebody waits for, each by its id."""

    ended: dict[str, TaskRun] = field(default_factory=dict)
    unknown: dict[str, RequestError] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.ended or self.unknown)


class FirstEnded:
    """Waits for runs of one namespace, on what the roster is told."""

    def __init__(self, roster: Roster, finder: Finder) -> None:
        self._roster = roster
        self._finder = finder

    async def wait(self, ids: Sequence[str], seconds: float, request: Request) -> Waited:
        """Those that have ended; where none has, the first that ends within some seconds.

        That there is no such run, or nothing left of it, is told at once as well: nobody waits for it.

        Raises:
            PortError: the runs cannot be looked at for now.
        """
        waited = Waited()
        with self._roster.news(ids) as news:
            await self._roster.ready()
            await self._look(ids, waited, request)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not waited.anything:
                        changed = await news.take()
                        if self._roster.closed:
                            break
                        await self._look(changed, waited, request)
        return waited

    async def _look(self, ids: Iterable[str], waited: Waited, request: Request) -> None:
        unlisted = []
        for task_id in ids:
            row = self._roster.row(task_id)
            if row is None:
                unlisted.append(task_id)
            elif row.ended:
                waited.ended[task_id] = row.run()

        async def find(task_id: str) -> None:
            """It was made this moment, or its TaskRun is gone, or it never was."""
            try:
                run = await self._finder.run(task_id, request)
            except RequestError as error:
                waited.unknown[task_id] = error
            else:
                if run.status.terminal:
                    waited.ended[task_id] = run

        await each(find, unlisted, asyncio.Semaphore(_AT_A_TIME))


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The runs that were asked to end, and whether there are more."""

    ids: Sequence[str]
    more: bool


class Cancellation:
    """Asks runs to end."""

    def __init__(self, roster: Roster, runs: RunStore) -> None:
        self._roster = roster
        self._runs = runs

    async def cancel(self, filters: Filters, most: int) -> Cancelled:
        """Ask those that are picked to end, at most so many, the newest first.

        So those that wait are asked before those that run, whose places they would else take. A run that
        was asked before, or has ended, is not asked again.

        Raises:
            PortError: not all could be asked; those that were are passed over when it is tried again.
        """
        await self._roster.ready()
        picked = await self._picked(filters, most + 1)
        runs = picked[:most]

        async def ask(run: TaskRun) -> str | None:
            with suppress(Missing):
                await self._runs.request_cancel(run)
                return run.metadata.name
            return None

        with self._roster.news([run.metadata.name for run in runs]) as news:
            answers = await each(ask, runs, asyncio.Semaphore(_AT_A_TIME))
            asked = [name for name in answers if name]
            await self._heard_of(asked, news)
        return Cancelled(asked, len(picked) > most)

    async def _picked(self, filters: Filters, most: int) -> Sequence[TaskRun]:
        """The first `most` of the runs that are picked and were not asked yet.

        An entry has no room for very many labels, so each run is looked at itself: what is only perhaps
        picked must not be told as more to come, for ever.
        """
        may_pick, picked = filters.sieve(), list[TaskRun]()

        def open_(row: Row) -> bool:
            return not row.stopping and may_pick(row.entry)

        async with aclosing(self._roster.each(open_, filters.begin)) as runs:
            async for run in runs:
                if filters.picks(run):
                    picked.append(run)
                if len(picked) == most:
                    break
        return picked

    async def _heard_of(self, asked: Sequence[str], news: News) -> None:
        """Wait until the roster knows of it, so that the next call does not pick the same ones again."""

        def known(name: str) -> bool:
            row = self._roster.row(name)
            return row is None or row.stopping

        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_SECONDS):
                while not (self._roster.closed or all(map(known, asked))):
                    await news.take()
