"""Requests that wait for what becomes of a run: however many there are, one watch serves them all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager

from taskyard.api.taskrun import TaskRun
from taskyard_operator.pauses import back_off, jittered
from taskyard_operator.ports import Key, PortError, Unavailable, WatchedRuns

logger = logging.getLogger(__name__)

_READS = 8
"""Most reads at the same time, when all who wait have to look for themselves."""
_AGAIN_SECONDS = 1.0
"""After so long is tried again what failed, and then after twice as long each time."""
_LONGEST_SECONDS = 30.0
"""The longest of these pauses."""
_IDLE_SECONDS = 10.0
"""How long the watch goes on when nobody waits: somebody may in a moment."""


class Changes:
    """What somebody is told of one run. Only the newest counts, however much came before he looks.

    Args:
        read: reads the run, however long that takes.
        wake: called when there is something to take.
    """

    def __init__(self, read: Callable[[], Awaitable[TaskRun]], wake: Callable[[], None]) -> None:
        self._read = read
        self.wake = wake
        self._newest: TaskRun | Exception | None = None
        self._reading: asyncio.Task[None] | None = None

    def tell(self, run: TaskRun | None) -> None:
        """Tell what the run is now; None where that has to be read."""
        self.stop_reading()
        if run is None:
            self._reading = asyncio.create_task(self._look(), name="look at a run")
        else:
            self._take_note(run)

    def take(self) -> TaskRun | None:
        """The run as it has become; None where nothing was told since the last time.

        Raises:
            Missing: there is no such run, or not any more.
        """
        newest, self._newest = self._newest, None
        if isinstance(newest, Exception):
            raise newest
        return newest

    def stop_reading(self) -> None:
        """Make no more of what is being read."""
        if self._reading:
            self._reading.cancel()

    async def _look(self) -> None:
        try:
            self._take_note(await self._read())
        except Exception as error:  # for whoever waits: here is nobody to handle it
            self._take_note(error)

    def _take_note(self, newest: TaskRun | Exception) -> None:
        self._newest = newest
        self.wake()


class Waiting:
    """Waits for runs of one namespace.

    The watch starts with the first who waits, and ends some seconds after the last. At each start of it
    all who wait read their run once, so that nothing is missed between two watches.
    """

    def __init__(self, runs: WatchedRuns, namespace: str) -> None:
        self._runs = runs
        self._namespace = namespace
        self._waiters: dict[Key, set[Changes]] = {}
        self._watch: asyncio.Task[None] | None = None
        self._watching = False
        self._idle: asyncio.TimerHandle | None = None
        self._reading = asyncio.Semaphore(_READS)
        self._closing = asyncio.Event()
        self._at_close: list[Callable[[], Awaitable[None]]] = []

    async def ended(self, name: str, seconds: float) -> TaskRun | None:
        """The run of that name once it has ended; None where it has not within some seconds.

        Raises:
            Missing: there is no such run, or not any more.
        """
        woken = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                with self.changes(name, woken.set) as changes:
                    while not self._closing.is_set():
                        await woken.wait()
                        woken.clear()
                        run = changes.take()
                        if run is not None and run.status.terminal:
                            return run
        except TimeoutError:
            pass
        return None

    @property
    def closed(self) -> bool:
        """Whether this process is about to end."""
        return self._closing.is_set()

    @contextmanager
    def changes(self, name: str, wake: Callable[[], None]) -> Iterator[Changes]:
        """What becomes of the run of that name, from how it is now; `wake` is called also at the close."""
        key = Key(self._namespace, name)
        changes = Changes(lambda: self._read(key), wake)
        if self._watching:
            changes.tell(None)
        self._waiters.setdefault(key, set()).add(changes)
        self._start()
        try:
            yield changes
        finally:
            changes.stop_reading()
            self._waiters[key].discard(changes)
            if not self._waiters[key]:
                del self._waiters[key]
            if not self._waiters:
                self._idle = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._stop)

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have another closed with this."""
        self._at_close.append(close)

    async def close(self) -> None:
        """Let nobody wait any longer: this process is about to end."""
        self._closing.set()
        for close in self._at_close:
            await close()
        for changes in self._all():
            changes.wake()
        watch = self._watch
        self._stop()
        if watch:
            await asyncio.wait([watch])

    async def _read(self, key: Key) -> TaskRun:
        pause = _AGAIN_SECONDS
        while True:
            try:
                async with self._reading:
                    return await self._runs.run(*key)
            except Unavailable:
                await asyncio.sleep(jittered(pause))
                pause = min(2 * pause, _LONGEST_SECONDS)

    def _start(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._watch is None and not self._closing.is_set():
            self._watch = asyncio.create_task(self._watch_for_ever(), name="watch")

    def _stop(self) -> None:
        if self._watch:
            self._watch.cancel()
        self._watch, self._watching = None, False

    async def _watch_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                await self._tell_changes()
            except PortError as error:
                logger.warning("runs are not watched for a moment: %s", error)
            except Exception:
                # A fault of ours must not let everybody wait in vain.
                logger.exception("runs are not watched for a moment, after a fault")
            failures = 0 if self._watching else failures + 1
            self._watching = False
            await asyncio.sleep(back_off(failures, _AGAIN_SECONDS, _LONGEST_SECONDS))
            self._let_all_look()  # the next watch may fail as well, and runs end without it

    async def _tell_changes(self) -> None:
        async with aclosing(await self._runs.watch(self._namespace)) as told:
            self._watching = True
            self._let_all_look()
            async for change in told:
                for changes in self._waiters.get(change.key, ()):
                    changes.tell(change.run)

    def _let_all_look(self) -> None:
        for changes in self._all():
            changes.tell(None)

    def _all(self) -> list[Changes]:
        return [changes for waiters in self._waiters.values() for changes in waiters]
