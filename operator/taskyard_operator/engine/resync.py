"""Listing everything again, so that nothing the watches missed is missed for ever."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.engine.admission import Admission
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.engine.watches import Watches
from taskyard_operator.ports import Key, Launcher, NotPermitted, PortError, RunStore


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
        namespaces: what is listed, place by place.
        run_gone: called for each run that no longer exists, with its uid.
        run_lost: called for each run of which nothing can be known any more, be it there or not.
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
        namespaces: Namespaces,
        run_gone: Callable[[Key, str], None],
        run_lost: Callable[[Key], None],
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
        self._namespaces = namespaces
        self._run_gone = run_gone
        self._run_lost = run_lost
        self._interval = interval
        self._clock = clock
        self._wanted = asyncio.Event()
        self.listed = asyncio.Event()
        self._counts_from: float | None = None

    def age(self) -> float:
        """Seconds since the last listing, or since the first was begun; 0 before that."""
        now = asyncio.get_running_loop().time()
        return now - self._counts_from if self._counts_from is not None else 0.0

    def again(self) -> None:
        """What was before now may have been missed: list everything soon."""
        self._wanted.set()

    async def list_for_ever(self) -> None:
        """List everything at once and then now and then; a listing that fails is made again sooner."""
        failures = 0
        self._counts_from = asyncio.get_running_loop().time()
        while True:
            self._wanted.clear()
            refused = set(self._namespaces.refused)
            try:
                await self.list_all()
            except PortError as error:
                failures += 1
                delay = self._pause(failures)
                self._trouble.met(error, f"listing failed, again in {delay:.0f} s")
                await asyncio.sleep(delay)
                continue
            self._trouble.over()
            if self._namespaces.refused - refused:
                failures = 0  # One more is refused, which may be over in a moment.
            failures = failures + 1 if self._namespaces.refused else 0
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), self._pause(failures))

    def _pause(self, failures: int) -> float:
        return min(2.0 ** min(failures, 32), self._interval) if failures else self._interval

    async def list_all(self) -> None:
        """List each place that is to be served; one that may not be listed does not hinder the others.

        Raises:
            PortError: something gave no answer, or no place may be listed.
        """
        refused: dict[str | None, NotPermitted] = {}
        for place in self._namespaces.places:
            try:
                await self._list(place)
            except NotPermitted as error:
                refused[place] = error
        if len(refused) == len(self._namespaces.places):
            raise next(iter(refused.values()))
        for place, why in refused.items():
            self._leave(place, why)
        self._counts_from = asyncio.get_running_loop().time()
        self.listed.set()

    def _leave(self, place: str | None, why: NotPermitted) -> None:
        """Forget a place: what is known of it grows old, and whether it is still there nobody can tell."""
        self._namespaces.left(place, why)
        self._watches.left(place)
        known = self._cache.begin_listing(place)
        for key, _ in known.runs:
            self._run_lost(key)
        self._cache.forget(set(), known.services, known.attempts)

    async def _list(self, place: str | None) -> None:
        """List runs, services and attempts; drop what is gone, look at what has not ended.

        Runs are listed before attempts: an attempt of a listed run cannot then be missing for having
        been started in between.
        """
        known = self._cache.begin_listing(place)
        runs = await self._runs.runs(place)
        services = await self._runs.services(place)
        attempts = await self._launcher.all_attempts(place)
        # What was forgotten is all new: no fault of the watches.
        if place not in self._namespaces.refused:
            self._watches.compare(self._cache, runs, services, attempts)
        self._namespaces.listed(place)
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
        unfinished = self._cache.unfinished_runs(place)
        self.line_up(unfinished)
        for key in (*unfinished, *kept):
            self._queue.add(key)
        for run in runs:
            key = Key.of(run)
            if key not in self._queue:  # That it has ended was missed by the watch.
                self._queue.add(key)

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
