"""Listing everything again, so that nothing the watches missed is missed for ever."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.engine.admission import Admission
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.engine.watches import Watches
from taskyard_operator.ports import Key, Launcher, PortError, RunStore


class Resync:
    """Brings the cache in line with what there is, and puts on the queue what has to be looked at.

    Args:
        cache: what was seen of runs, services and attempts.
        queue: the runs that are due.
        runs: where runs and services are listed.
        launcher: where attempts are listed.
        admission: who has a place, and who waits for one.
        watches: learn here what they have missed.
        trouble: tells of listings that failed.
        run_gone: called for each run that no longer exists, with its uid.
        interval: seconds between two listings.
        clock: the time.
    """

    def __init__(
        self,
        cache: Cache,
        queue: WorkQueue[Key],
        runs: RunStore,
        launcher: Launcher,
        *,
        admission: Admission,
        watches: Watches,
        trouble: Trouble,
        run_gone: Callable[[Key, str], None],
        interval: float,
        clock: Clock,
    ) -> None:
        self._cache = cache
        self._queue = queue
        self._runs = runs
        self._launcher = launcher
        self._admission = admission
        self._watches = watches
        self._trouble = trouble
        self._run_gone = run_gone
        self._interval = interval
        self._clock = clock
        self._wanted = asyncio.Event()
        self.listed = asyncio.Event()
        self._listed_at = 0.0

    def age(self) -> float | None:
        """Seconds since the last listing; None before the first one."""
        if not self.listed.is_set():
            return None
        return asyncio.get_running_loop().time() - self._listed_at

    def again(self) -> None:
        """What was before now may have been missed: list everything soon."""
        self._wanted.set()

    async def list_for_ever(self) -> None:
        """List everything at once and then now and then; a listing that fails is made again sooner."""
        failures = 0
        while True:
            self._wanted.clear()
            try:
                await self.list_all()
            except PortError as error:
                failures += 1
                delay = min(2.0 ** min(failures, 32), self._interval)
                self._trouble.met(error, f"listing failed, again in {delay:.0f} s")
                await asyncio.sleep(delay)
                continue
            failures = 0
            self._trouble.over()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._interval)

    async def list_all(self) -> None:
        """List runs, services and attempts; drop what is gone, look at what has not ended.

        Runs are listed before attempts: an attempt of a listed run cannot then be missing for having
        been started in between.
        """
        known = self._cache.begin_listing()
        runs = await self._runs.runs()
        services = await self._runs.services()
        attempts = await self._launcher.all_attempts()
        self._watches.compare(self._cache, runs, services, attempts)
        # Only what was known before the listing began can have been missed by it.
        gone = known.runs - {(Key.of(run), run.metadata.uid) for run in runs}
        for key, uid in gone:
            self._run_gone(key, uid)
        kept = self._cache.forget(
            gone,
            known.services - {Key.of(service) for service in services},
            known.attempts - {(key, attempt.number, attempt.owner) for key, attempt in attempts},
        )
        for service in services:
            kept += self._cache.put_service(service)
            self._admission.service_seen(service)
        for key, attempt in attempts:
            self._cache.put_attempt(key, attempt)
        for run in runs:
            self._cache.put_run(run)
        self.line_up(self._cache.unfinished_runs())
        for key in (*self._cache.unfinished_runs(), *kept):
            self._queue.add(key)
        for run in runs:
            key = Key.of(run)
            if key not in self._queue:  # That it has ended was missed by the watch.
                self._queue.add(key)
        self._listed_at = asyncio.get_running_loop().time()
        self.listed.set()

    def line_up(self, keys: Iterable[Key]) -> None:
        """Find out which runs have a place and which want one, before any of them is given one.

        Else the first to be looked at after a restart would get what belongs to those before it.
        """
        now = self._clock()
        for key in keys:
            run, attempts = self._cache.run(key), self._cache.attempts(key)
            if run is None:
                continue
            if (
                self._admission.limits(run)
                and reconcile(run, self._cache.service_of(run), attempts, now).starts
            ):
                self._admission.starts(run)
            else:
                self._admission.starts_not(run, attempts)
