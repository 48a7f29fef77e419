"""The controller without Kubernetes: events in, plans out.

Whoever watches calls the `…_seen` and `…_gone` methods, which only store what was seen and put the
run's key on the queue. The workers look at one run at a time and decide by `reconcile`.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.callbacks import CallbackSettings
from taskyard_operator.core.liveness import LivenessLimits, Vitals, why_unwell
from taskyard_operator.core.progress import ProgressSettings
from taskyard_operator.core.retention import RetentionSettings
from taskyard_operator.core.runner_limits import RunnerLimits
from taskyard_operator.engine.admission import Admission
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.callbacks import Callbacks, NoSender
from taskyard_operator.engine.deletions import Deletions
from taskyard_operator.engine.executor import Executor
from taskyard_operator.engine.image_trouble import ImageTrouble
from taskyard_operator.engine.observer import Nobody, Observer
from taskyard_operator.engine.patience import Patience
from taskyard_operator.engine.pod_log import PodLogs
from taskyard_operator.engine.progress import ProgressReader
from taskyard_operator.engine.proof import Proof
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.resync import Resync
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.engine.watches import Watches
from taskyard_operator.engine.worker import Worker
from taskyard_operator.ports import CallbackSender, Key, Launcher, ObjectStore, PortError, RunStore


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Engine:
    """Brings every run it sees to its end.

    Args:
        runs: where TaskRuns are kept.
        launcher: what starts attempts.
        objects: where their data is.
        workers: how many runs are looked at concurrently.
        resync_seconds: how often everything is listed again, so that nothing missed is missed for ever.
        retention: how long what has ended is kept.
        namespaces: the namespaces served; none means all.
        max_concurrent: the most runs of a namespace that have an attempt at once; None for no limit.
        progress: how often what tasks say of their progress is read.
        callbacks: how callbacks are told.
        sender: what delivers to them; None where webhooks are off.
        limits: how much a runner may store of an attempt.
        liveness: what is too long for the liveness probe.
        observer: who looks on.
        retry_delays: seconds before a look that failed is made again, at first and at most.
    """

    def __init__(
        self,
        runs: RunStore,
        launcher: Launcher,
        objects: ObjectStore,
        *,
        workers: int,
        resync_seconds: float,
        retention: RetentionSettings | None = None,
        namespaces: Sequence[str] = (),
        max_concurrent: int | None = None,
        progress: ProgressSettings = ProgressSettings(),  # noqa: B008 - it is frozen
        callbacks: CallbackSettings = CallbackSettings(),  # noqa: B008 - it is frozen
        sender: CallbackSender | None = None,
        limits: RunnerLimits = RunnerLimits(),  # noqa: B008 - it is frozen
        liveness: LivenessLimits | None = None,
        observer: Observer | None = None,
        retry_delays: tuple[float, float] = (0.2, 60.0),
    ) -> None:
        self.cache = Cache()
        first, longest = retry_delays
        self.queue: WorkQueue[Key] = WorkQueue(first_delay=first, longest_delay=longest)
        self.watches = Watches()
        self._unlisted = asyncio.Event()
        self._liveness = liveness or LivenessLimits()
        self._trouble = Trouble(utc_now)
        self._admission = Admission(max_concurrent, self.queue.add)
        self._progress = ProgressReader(objects, self.cache, progress, self.queue.add)
        self._callbacks = Callbacks(
            sender or NoSender(), self.cache, callbacks, utc_now, self.queue.add
        )
        retention = retention or RetentionSettings()
        store = StoreGuard(objects, utc_now)
        archive = Archive(store)
        patience = Patience(retention.archive_patience, utc_now)
        self._deletions = Deletions(
            runs, archive, retention.deletions_per_second, utc_now, self._trouble, self.queue.retry
        )
        self._sweeper = Sweeper(
            objects, archive, self.cache, namespaces, retention.sweep_interval, utc_now
        )
        self._executor = Executor(
            runs, launcher, objects, utc_now, archive, self._deletions, patience, retention, limits
        )
        self._worker = Worker(
            self.cache,
            self.queue,
            runs,
            launcher,
            admission=self._admission,
            progress=self._progress,
            images=ImageTrouble(),
            callbacks=self._callbacks,
            proof=Proof(store, patience, utc_now),
            logs=PodLogs(launcher, store, utc_now),
            executor=self._executor,
            trouble=self._trouble,
            observer=observer or Nobody(),
            retention=retention.defaults,
            clock=utc_now,
        )
        self._resync = Resync(
            self.cache,
            self.queue,
            runs,
            launcher,
            admission=self._admission,
            watches=self.watches,
            run_gone=self.run_gone,
            clock=utc_now,
        )
        self._workers = workers
        self._resync_seconds = resync_seconds
        self._synced = asyncio.Event()
        self._listed_at = 0.0

    def why_stale(self) -> str | None:
        """Why what is decided here can no longer be trusted, or None; for the liveness probe."""
        return why_unwell(self._vitals(), self._liveness)

    def _vitals(self) -> Vitals:
        age = asyncio.get_running_loop().time() - self._listed_at
        return Vitals(
            since_listing=age if self._synced.is_set() else None,
            oldest_wait=self.queue.oldest_wait(),
            longest_look=self.queue.longest_hold(),
            since_look=self.queue.since_done(),
            missed=self.watches.missed(),
        )

    def run_seen(self, run: TaskRun) -> None:
        """A run was created or has changed."""
        if self.cache.put_run(run):
            self.queue.add(Key.of(run))

    def run_known(self, key: Key, uid: str, version: str) -> bool:
        """Whether just this version of a run is known: then all that its event brings is a look at it.

        Most events are echoes of the engine's own writes, and need not be read.
        """
        known = self.cache.knows_run(key, uid, version)
        if known:
            self.queue.add(key)
        return known

    def run_gone(self, key: Key, uid: str | None = None) -> None:
        """A run was deleted; `uid` is told where one of the same name may have been seen before that."""
        run = self.cache.run(key)
        self.cache.drop_run(key, uid)
        if self.cache.run(key):
            return
        if run:
            self._sweeper.run_gone(run)
        self._executor.forget(key)
        self._deletions.forget(key)
        self._callbacks.forget(key)
        self._admission.gone(key)

    def service_seen(self, service: TaskService) -> None:
        """A service was created or has changed: runs may have waited for that."""
        self.cache.put_service(service)
        self._admission.service_seen(service)
        waiting = self.cache.unfinished_runs_of(Key.of(service))
        self._resync.line_up(waiting)
        for key in waiting:
            self.queue.add(key)

    def service_gone(self, key: Key) -> None:
        """A service was deleted."""
        self.cache.drop_service(key)

    def attempt_seen(self, key: Key, attempt: Attempt) -> None:
        """An attempt of the run `key` was started or has changed; Jobs and Pods also change without that."""
        if self.cache.put_attempt(key, attempt):
            self.queue.add(key)

    def attempt_gone(self, key: Key, number: int, owner: str) -> None:
        """Nothing is left of an attempt; `owner` is the uid of its run."""
        self.cache.drop_attempt(key, number, owner)
        self.queue.add(key)

    def watch_heard(self, kind: str) -> None:
        """The watch of a kind (`pods`) has brought something, and has missed nothing before it."""
        self.watches.heard(kind)

    def watch_failed(self, kind: str, error: PortError) -> None:
        """A kind cannot be watched, and that is tried again."""
        self._trouble.met(error, f"{kind} cannot be watched")

    def list_again(self) -> None:
        """What was before now may have been missed by a watch: everything is listed soon."""
        self._unlisted.set()

    async def run(self) -> None:
        """List everything, then work until cancelled. Nothing is decided before the listing is whole."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync_for_ever(), name="resync")
            group.create_task(self._deletions.work_for_ever(), name="deletions")
            group.create_task(self._progress.read_for_ever(), name="progress")
            group.create_task(self._callbacks.deliver_for_ever(), name="callbacks")
            await self._synced.wait()
            group.create_task(self._sweeper.sweep_for_ever(), name="sweeper")
            for number in range(self._workers):
                group.create_task(self._worker.work_for_ever(), name=f"worker-{number}")

    async def _resync_for_ever(self) -> None:
        failures = 0
        while True:
            delay = self._resync_seconds
            self._unlisted.clear()
            try:
                await self.resync()
                failures = 0
                self._trouble.over()
            except PortError as error:
                failures += 1
                delay = min(2.0 ** min(failures, 32), delay)
                self._trouble.met(error, f"listing failed, again in {delay:.0f} s")
                await asyncio.sleep(delay)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._unlisted.wait(), delay)

    async def resync(self) -> None:
        """List everything, and look at what has not ended; see `Resync`."""
        await self._resync.list_all()
        self._listed_at = asyncio.get_running_loop().time()
        self._synced.set()
