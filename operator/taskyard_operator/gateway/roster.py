"""All TaskRuns of a namespace, as little of each as a list tells, kept by one watch while somebody asks.

The API server lists by name and in whole objects, so that a page of the newest of 10,000 would cost it
and the gateway all of them, each time. Here they cost some 2 kB of memory each.
"""

import asyncio
import heapq
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import aclosing, contextmanager
from typing import NamedTuple, Self

from taskyard.api.taskrun import TaskInput, TaskRun
from taskyard_operator.core.listed import Entry
from taskyard_operator.pauses import back_off
from taskyard_operator.ports import Change, PortError, Unavailable, WatchedRuns

logger = logging.getLogger(__name__)

_READY_SECONDS = 20.0
"""Longest wait for the first listing; one of 10,000 runs takes some 3 s."""
_AGAIN_SECONDS = 0.5
"""After so long is tried again what failed, and then after twice as long each time."""
_LONGEST_SECONDS = 4.0
"""The longest of these pauses."""
_IDLE_SECONDS = 300.0
"""How long it is kept when nobody asks."""
_BREATH = 50
"""After so many runs that are read or written here others have their turn: each takes some 0.1 ms."""


class Row(NamedTuple):
    """One run."""

    entry: Entry
    ended: bool
    stopping: bool
    """Whether it has ended, or was asked to."""
    text: str

    @classmethod
    def of(cls, run: TaskRun) -> Self:
        """The row of a run; its input, which may have 8 KiB, is left out."""
        spec = run.spec.model_copy(update={"input": TaskInput()})
        text = run.model_copy(update={"spec": spec}).model_dump_json(
            by_alias=True, exclude_none=True
        )
        ended = run.status.terminal
        return cls(Entry.of(run), ended, ended or bool(run.spec.cancel), text)

    def run(self) -> TaskRun:
        """The run, without its input."""
        return TaskRun.model_validate_json(self.text)


class News:
    """The names, among those that somebody waits for, of runs that have changed since he looked last."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._changed: set[str] = set()
        self._event = asyncio.Event()

    def tell(self, name: str | None = None) -> None:
        """That run has changed; None: any may have."""
        if name is None or name in self._names:
            self._changed |= self._names if name is None else {name}
            self._event.set()

    async def take(self) -> set[str]:
        """Wait until there are some, and return them."""
        await self._event.wait()
        self._event.clear()
        changed, self._changed = self._changed, set()
        return changed


class Roster:
    """The TaskRuns of a namespace, a moment behind the API server.

    It is made when somebody asks, which takes one listing of all, and given up some minutes after the
    last who did.
    """

    def __init__(self, runs: WatchedRuns, namespace: str) -> None:
        self._runs = runs
        self._namespace = namespace
        self._rows: dict[str, Row] = {}
        self._listeners: set[News] = set()
        self._work: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()
        self._trouble: Exception | None = None
        self._complete = False
        self.closed = False

    async def ready(self) -> None:
        """Return once all runs are known.

        Raises:
            Unavailable: they cannot be listed for now.
        """
        self._start()
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._settled.wait()
        except TimeoutError:
            raise Unavailable("the tasks are being listed, which takes long") from None
        if self._trouble:
            raise Unavailable(f"the tasks cannot be listed: {self._trouble}") from self._trouble

    def row(self, name: str) -> Row | None:
        """The run of that name."""
        return self._rows.get(name)

    def first(self, picks: Callable[[Row], bool], after: str, most: int) -> list[Row]:
        """The first `most` of those that are picked, in the order of a list, after a place."""
        return heapq.nsmallest(most, self._picked(picks, after))

    async def each(self, picks: Callable[[Row], bool], after: str) -> AsyncGenerator[TaskRun]:
        """The runs of those that are picked now, one by one in the order of a list, after a place."""
        for number, row in enumerate(sorted(self._picked(picks, after))):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            yield row.run()

    def _picked(self, picks: Callable[[Row], bool], after: str) -> Iterator[Row]:
        return (row for row in self._rows.values() if row.entry.place > after and picks(row))

    @contextmanager
    def news(self, names: Collection[str]) -> Iterator[News]:
        """What becomes of runs that somebody waits for; all of them are told at the close."""
        news = News(names)
        self._listeners.add(news)
        self._start()
        try:
            yield news
        finally:
            self._listeners.discard(news)
            self._keep_for_a_while()

    async def close(self) -> None:
        """Know nothing more, and let nobody wait: this process is about to end."""
        self.closed = True
        self._tell_all()
        work = self._work
        self._give_up()
        self._trouble = Unavailable("this process is about to end")
        self._settled.set()
        if work:
            await asyncio.wait([work])

    def _start(self) -> None:
        if self._work is None and not self.closed:
            self._work = asyncio.create_task(self._work_for_ever(), name="roster")
        self._keep_for_a_while()

    def _keep_for_a_while(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._give_up_if_idle)

    def _give_up_if_idle(self) -> None:
        if not self._listeners:
            self._give_up()

    def _give_up(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._work:
            self._work.cancel()
        self._work, self._idle = None, None
        self._rows, self._complete, self._trouble = {}, False, None
        self._settled.clear()

    async def _work_for_ever(self) -> None:
        pauses = 0
        while True:
            trouble: Exception = Unavailable("the watch has ended")
            try:
                await self._follow()
            except PortError as error:
                logger.warning("the tasks are listed anew: %s", error)
                trouble = error
            except Exception as error:
                # A fault of ours must not leave a list for ever as it is.
                logger.exception("the tasks are listed anew, after a fault")
                trouble = error
            if self._complete:  # Until now: who asks meanwhile waits for the next listing.
                pauses, self._complete = 0, False
                self._settled.clear()
            else:
                self._trouble = trouble
                self._settled.set()
            await asyncio.sleep(back_off(pauses, _AGAIN_SECONDS, _LONGEST_SECONDS))
            pauses += 1

    async def _follow(self) -> None:
        """List all, and follow what changes of them; the watch begins before, so that nothing is missed.

        What is told of changes before the listing is older than that; but all that came after is told
        as well, and in order, so it comes out right.
        """
        async with aclosing(await self._runs.watch(self._namespace)) as changes:
            self._rows = await self._listed()
            self._complete, self._trouble = True, None
            self._settled.set()
            self._tell_all()
            async for change in changes:
                self._take_note(change)

    async def _listed(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        async for run in self._runs.each_run(self._namespace):
            rows[run.metadata.name] = Row.of(run)
            if len(rows) % _BREATH == 0:
                await asyncio.sleep(0)
        return rows

    def _take_note(self, change: Change) -> None:
        name = change.key.name
        if change.run is None:
            self._rows.pop(name, None)
        else:
            self._rows[name] = Row.of(change.run)
        for news in self._listeners:
            news.tell(name)

    def _tell_all(self) -> None:
        for news in self._listeners:
            news.tell()
