"""The workers: each takes a run that is due, asks the core what to do, and sees that it is done."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retention import Retention
from taskyard_operator.engine.admission import Admission
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.callbacks import Callbacks
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.executor import Executor, NotStarted
from taskyard_operator.engine.image_trouble import ImageTrouble
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.engine.observer import Observer
from taskyard_operator.engine.patience import StoreAway
from taskyard_operator.engine.pod_log import PodLogs
from taskyard_operator.engine.progress import ProgressReader
from taskyard_operator.engine.proof import Proof
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.trouble import Trouble
from taskyard_operator.ports import Key, Launcher, PortError, RunStore

logger = logging.getLogger(__name__)

_AT_EASE = 4
"""While no more runs than these are due or being looked at, all is told at once; more of them are a burst."""


class Worker:
    """Looks at runs, one at a time; any number of tasks may work by the same one.

    Args:
        cache: what was seen of runs, services and attempts.
        queue: the runs that are due.
        runs: where a run is read anew, before something final follows from what is missing.
        launcher: where its attempts are.
        admission: whose turn it is to start.
        progress: what tasks say of their progress.
        images: since when images cannot be pulled.
        callbacks: who is told of runs.
        proof: whether a result is there.
        logs: keeps the logs of attempts whose runner could not.
        executor: carries plans out.
        trouble: tells of errors of the ports, once.
        namespaces: those that are served; nothing is decided in others.
        observer: who looks on.
        retention: how long runs are kept where their service does not say.
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
        progress: ProgressReader,
        images: ImageTrouble,
        callbacks: Callbacks,
        proof: Proof,
        logs: PodLogs,
        executor: Executor,
        trouble: Trouble,
        namespaces: Namespaces,
        observer: Observer,
        retention: Retention,
        clock: Clock,
    ) -> None:
        self._cache = cache
        self._queue = queue
        self._runs = runs
        self._launcher = launcher
        self._admission = admission
        self._progress = progress
        self._images = images
        self._callbacks = callbacks
        self._proof = proof
        self._logs = logs
        self._executor = executor
        self._trouble = trouble
        self._namespaces = namespaces
        self._observer = observer
        self._retention = retention
        self._clock = clock

    async def work_for_ever(self) -> None:
        """Look at what is due, until cancelled; a look that fails is made again."""
        while True:
            key = await self._queue.get()
            began = time.monotonic()
            error: Exception | None = None
            try:
                await self._look(key)
                self._queue.forget_failures(key)
            except NotStarted as refused:
                error = refused.why
                self._again(key, refused.why, known=refused.known)
            except Exception as failure:
                error = failure
                self._again(key, failure)
            finally:
                self._queue.done(key)
            self._observer.looked(time.monotonic() - began, error)

    def _again(self, key: Key, error: Exception, *, known: bool = False) -> None:
        """A look has failed: it is made again, later and later. The run may have told the reason before."""
        seconds = self._queue.retry(key)
        what = f"{key.namespace}/{key.name}: again in {seconds:.1f} s"
        if isinstance(error, StoreAway):
            # The store's guard warns, once for all runs.
            if error.until:
                self._queue.add_after(key, (error.until - self._clock()).total_seconds())
            logger.debug("%s: %s", what, error)
        elif isinstance(error, PortError):
            self._trouble.met(error, what, known=known)
        else:
            # A fault of ours in one run must not end the worker that serves all others.
            logger.error("%s after a fault", what, exc_info=error)

    async def _look(self, key: Key) -> None:
        run = self._cache.run(key)
        if run is None or run.status.terminal:
            self._admission.gone(key)
            self._images.forget(key)
        if run is None or not self._namespaces.serves(key.namespace):
            return
        now = self._clock()
        service = self._cache.service_of(run)
        attempts: Sequence[Attempt] = self._cache.attempts(key)
        live = False
        plan = self._decide(run, service, attempts, now)
        if plan.confirm:
            run = await self._runs.run(*key)
            attempts = await self._launcher.attempts(run)
            live = True
            plan = self._decide(run, service, attempts, now, live=live)
        if plan.prove:
            proved = await self._logs.saved(run, await self._proof.of(run, plan.prove))
            plan = self._decide(run, service, [*attempts, proved], now, live=live)
        plan = self._callbacks.told_in(plan, run, service, now)
        if plan.look_again_at:
            # Before it is tried: a plan that cannot be carried out must not miss the run's deadline.
            self._queue.add_after(key, (plan.look_again_at - self._clock()).total_seconds())
        self._callbacks.follow(run)
        changed = await self._carry_out(plan, run, service)
        if live or plan.starts or changed is not run:
            self._trouble.over()
        if changed is not run:
            self._observer.went_on(run, changed, service)
        if self._cache.run(key) is None:  # It was deleted while we looked at it.
            self._admission.gone(key)
            return
        self._cache.put_run(changed)
        self._progress.follow(changed)
        self._callbacks.follow(changed)
        if not (plan.starts or plan.in_line):
            self._admission.starts_not(changed, attempts)

    async def _carry_out(self, plan: Plan, run: TaskRun, service: TaskService | None) -> TaskRun:
        try:
            return await self._executor.execute(plan, run, service)
        except NotStarted as refused:
            # It must not keep its place from those that can start. After an error that leaves open what
            # was done it keeps it: its Job may exist.
            key = Key.of(run)
            self._admission.gone(key)
            if self._cache.run(key):
                self._cache.put_run(refused.run)
            raise

    def _decide(
        self,
        run: TaskRun,
        service: TaskService | None,
        attempts: Sequence[Attempt],
        now: datetime,
        *,
        live: bool = False,
    ) -> Plan:
        """Ask the core what to do, and if that is to start an attempt, whether it is the run's turn."""
        attempts = self._progress.laid_on(Key.of(run), attempts)
        attempts = self._images.laid_on(run, attempts, now)
        decide = partial(
            reconcile,
            run,
            service,
            attempts,
            now,
            live=live,
            retention=self._retention,
            busy=self._queue.load > _AT_EASE,
        )
        plan = decide()
        if plan.starts and (turn := self._admission.ask(run, now)):
            return decide(turn=turn)
        return plan
