"""The work queue: keys that are due, each at most once, and never with two workers at a time.

Adding a key that already waits changes nothing, so a burst of events of one run is one look at it.
A key added while a worker has it is handed out again when that worker is done.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from taskyard_operator.pauses import back_off

K = TypeVar("K", bound=Hashable)

RETRY_DELAYS = (0.2, 60.0)
"""Seconds before a key that failed is due again, at first and at most."""


class WorkQueue(Generic[K]):
    """A keyed, coalescing queue with delayed items and a back-off per key; for one event loop.

    Args:
        first_delay: seconds before the first retry of a key; doubles with each further one.
        longest_delay: the longest such wait, in seconds.
        clock: a clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        *,
        first_delay: float = RETRY_DELAYS[0],
        longest_delay: float = RETRY_DELAYS[1],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        # Since when, oldest first, as keys are always added at the end.
        self._waiting: dict[K, float] = {}
        self._working: dict[K, float] = {}
        self._again: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._first_delay = first_delay
        self._longest_delay = longest_delay
        self._clock = clock
        self._done_at = clock()

    def __len__(self) -> int:
        """The number of keys that are due now."""
        return self._ready.qsize()

    @property
    def load(self) -> int:
        """The number of keys that are due now, or are being looked at."""
        return len(self._waiting) + len(self._working)

    def __contains__(self, key: K) -> bool:
        """Whether a look at the key is under way, due, or scheduled."""
        return key in self._waiting or key in self._working or key in self._timers

    def add(self, key: K) -> None:
        """Make a key due now; what was scheduled for it later is dropped, the look will schedule anew."""
        self._unschedule(key)
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting[key] = self._clock()
            self._ready.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Make a key due in `seconds`; of two such times the earlier counts."""
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, seconds)
        timer = self._timers.get(key)
        if timer and timer.when() <= when:
            return
        self._unschedule(key)
        self._timers[key] = loop.call_at(when, self.add, key)

    def retry(self, key: K) -> float:
        """Make a key due after its back-off, with jitter; returns the seconds until then."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        seconds = back_off(failures, self._first_delay, self._longest_delay)
        self.add_after(key, seconds)
        return seconds

    def forget_failures(self, key: K) -> None:
        """A look went well: the next failure starts from the shortest wait again."""
        self._failures.pop(key, None)

    def oldest_wait(self) -> float:
        """Seconds for which the key that is due longest has waited for a worker; 0 where none waits."""
        return self._since_first(self._waiting)

    def longest_hold(self) -> float:
        """Seconds for which some worker has had its key; 0 where none has one."""
        return self._since_first(self._working)

    def since_done(self) -> float:
        """Seconds since a key was given back, or since the beginning."""
        return self._clock() - self._done_at

    def _since_first(self, keys: dict[K, float]) -> float:
        return self._clock() - next(iter(keys.values())) if keys else 0.0

    async def get(self) -> K:
        """The next key that is due; the caller owns it until `done`."""
        key = await self._ready.get()
        del self._waiting[key]
        self._working[key] = self._clock()
        return key

    def done(self, key: K) -> None:
        """Give a key back; if it was added meanwhile it is due again."""
        del self._working[key]
        self._done_at = self._clock()
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def _unschedule(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()
