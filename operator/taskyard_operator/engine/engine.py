"""The controller without Kubernetes: events in, plans out.

Whoever watches calls the `…_seen` and `…_gone` methods, which only store what was seen and put the
run's key on the queue. The workers look at one run at a time and decide by `reconcile`.
"""

import asyncio

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.liveness import Vitals, why_unwell
from taskyard_operator.engine.admission import Admission
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.callbacks import Callbacks, NoSender
from taskyard_operator.engine.clock import Clock, utc_now
from taskyard_operator.engine.deletions import Deletions
from taskyard_operator.engine.executor import Executor
from taskyard_operator.engine.image_trouble import ImageTrouble
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.engine.observer import Nobody, Observer
from taskyard_operator.engine.patience import Patience
from taskyard_operator.engine.pod_log import PodLogs
from taskyard_operator.engine.progress import ProgressReader
from taskyard_operator.engine.proof import Proof
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.resync import Resync
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.engine.watches import Watches
from taskyard_operator.engine.worker import Worker
from taskyard_operator.ports import CallbackSender, Key, Launcher, ObjectStore, PortError, RunStore


class Engine:
    """Brings every run it sees to its end.

    Args:
        runs: where TaskRuns are kept.
        launcher: what starts attempts.
        objects: where their data is.
        settings: what the platform team decides.
        sender: what delivers callbacks; None where webhooks are off.
        observer: who looks on.
        clock: the time.
    """

    def __init__(
        self,
        runs: RunStore,
        launcher: Launcher,
        objects: ObjectStore,
        settings: EngineSettings,
        *,
        sender: CallbackSender | None = None,
        observer: Observer | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._settings = settings
        self._clock = clock
        first, longest = settings.retry_delays
        self.queue: WorkQueue[Key] = WorkQueue(first_delay=first, longest_delay=longest)
        self.cache = Cache()
        self.watches = Watches()
        self.namespaces = Namespaces(settings.namespaces)
        self._trouble = Trouble(clock)
        self._admission = Admission(settings.max_concurrent, settings.made_ready, self.queue.add)
        self._progress = ProgressReader(objects, self.cache, settings.progress, self.queue.add)
        self._callbacks = Callbacks(
            sender or NoSender(), self.cache, settings.callbacks, clock, self.queue.add
        )
        retention, limits = settings.retention, settings.limits
        store = StoreGuard(objects, clock)
        archive = Archive(store)
        patience = Patience(retention.archive_patience, clock)
        self._deletions = Deletions(
            runs, archive, retention.deletions_per_second, clock, self._trouble, self.queue.retry
        )
        self._sweeper = Sweeper(
            objects, archive, self.cache, self.namespaces, retention.sweep_interval, clock
        )
        self._executor = Executor(
            runs, launcher, objects, clock, archive, self._deletions, patience, retention, limits
        )
        self._resync = self._new_resync(runs, launcher)
        proof = Proof(store, patience, clock)
        logs = PodLogs(launcher, store, clock)
        self._worker = self._new_worker(runs, launcher, proof, logs, observer or Nobody())

    def _new_resync(self, runs: RunStore, launcher: Launcher) -> Resync:
        return Resync(
            self.cache,
            self.queue,
            runs,
            launcher,
            admission=self._admission,
            watches=self.watches,
            trouble=self._trouble,
            namespaces=self.namespaces,
            run_gone=self.run_gone,
            run_lost=self.run_lost,
            interval=self._settings.resync_seconds,
            clock=self._clock,
        )

    def _new_worker(
        self,
        runs: RunStore,
        launcher: Launcher,
        proof: Proof,
        logs: PodLogs,
        observer: Observer,
    ) -> Worker:
        return Worker(
            self.cache,
            self.queue,
            runs,
            launcher,
            admission=self._admission,
            progress=self._progress,
            images=ImageTrouble(),
            callbacks=self._callbacks,
            proof=proof,
            logs=logs,
            executor=self._executor,
            trouble=self._trouble,
            namespaces=self.namespaces,
            observer=observer,
            retention=self._settings.retention.defaults,
            clock=self._clock,
        )

    def why_stale(self) -> str | None:
        """Why what is decided here cannot be trusted, or not any more, or None; for the readiness probe."""
        return self.why_unwell() if self._resync.listed.is_set() else "nothing was listed yet"

    def why_unwell(self) -> str | None:
        """Why a restart is called for, or None; for the liveness probe."""
        return why_unwell(self._vitals(), self._settings.liveness)

    def _vitals(self) -> Vitals:
        age, listed = self._resync.age(), self._resync.listed.is_set()
        return Vitals(
            since_listing=age if listed else 0.0,
            first_listing=0.0 if listed else age,
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
        self._forget(key)
        self._admission.gone(key)

    def run_lost(self, key: Key) -> None:
        """Nothing can be known any more of a run, be it there or not: its data is left alone."""
        self.cache.drop_run(key)
        self._forget(key)
        # The look finds nothing, and ends what else was to come. The run's place goes with that as well, and
        # not before: a look that is under way may be starting an attempt.
        self.queue.add(key)

    def _forget(self, key: Key) -> None:
        self._executor.forget(key)
        self._deletions.forget(key)
        self._callbacks.forget(key)

    def service_seen(self, service: TaskService) -> None:
        """A service was created or has changed: runs may have waited for that, and others may go sooner."""
        kept = self.cache.put_service(service)
        self._admission.service_seen(service)
        waiting = self.cache.unfinished_runs_of(Key.of(service))
        self._resync.line_up(waiting)
        for key in (*waiting, *kept):
            self.queue.add(key)

    def service_gone(self, key: Key) -> None:
        """A service was deleted: its runs that wait say so, and the defaults say how long others are kept."""
        for run in (*self.cache.drop_service(key), *self.cache.unfinished_runs_of(key)):
            self.queue.add(run)

    def attempt_seen(self, key: Key, attempt: Attempt) -> None:
        """An attempt of the run `key` was started or has changed; Jobs and Pods also change without that."""
        if self.cache.put_attempt(key, attempt):
            self.queue.add(key)

    def attempt_gone(self, key: Key, number: int, owner: str) -> None:
        """Nothing is left of an attempt; `owner` is the uid of its run."""
        self.cache.drop_attempt(key, number, owner)
        self.queue.add(key)

    def watch_heard(self, kind: str, namespace: str | None) -> None:
        """A watch has brought something, and has missed nothing before it; see `Watches.heard`."""
        self.watches.heard(kind, namespace)

    def watch_failed(self, kind: str, namespace: str | None, error: PortError) -> None:
        """A kind cannot be watched there, and that is tried again."""
        if self.namespaces.was_told(namespace, error):
            return
        place = f" in {namespace}" if namespace else ""
        self._trouble.met(error, f"{kind} cannot be watched{place}")

    def list_again(self) -> None:
        """What was before now may have been missed by a watch: everything is listed soon."""
        self._resync.again()

    async def run(self) -> None:
        """List everything, then work until cancelled. Nothing is decided before the listing is whole."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync.list_for_ever(), name="resync")
            group.create_task(self._deletions.work_for_ever(), name="deletions")
            group.create_task(self._progress.read_for_ever(), name="progress")
            group.create_task(self._callbacks.deliver_for_ever(), name="callbacks")
            await self._resync.listed.wait()
            group.create_task(self._sweeper.sweep_for_ever(), name="sweeper")
            for number in range(self._settings.workers):
                group.create_task(self._worker.work_for_ever(), name=f"worker-{number}")

    async def resync(self) -> None:
        """List everything, and look at what has not ended; see `Resync`."""
        await self._resync.list_all()
