"""Telling callbacks of runs, beside the workers: a receiver that is slow delays no run.

What came of an attempt is kept here until the worker of the run has written it into the status, which
is what anybody else goes on from.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from taskyard.api.callback import Delivery
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.callbacks import (
    CallbackSettings,
    Outcome,
    open_delivery,
    with_callback,
)
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.webhook import Webhook, webhook_of
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.queue import WorkQueue
from taskyard_operator.engine.rotation import Rotation
from taskyard_operator.ports import CallbackSender, Key, PortError, Rejected

logger = logging.getLogger(__name__)


class NoSender:
    """A `CallbackSender` where webhooks are off."""

    async def send(self, webhook: Webhook, at: datetime) -> None:
        """Refuse."""
        raise Rejected("Webhooks are off: the controller has no key to sign them with.")


class Callbacks:
    """Delivers what the statuses of runs say is owed.

    Args:
        sender: what delivers.
        cache: the runs that there are.
        settings: how deliveries are tried.
        clock: the time.
        wake: puts a run's key on the work queue.
    """

    def __init__(
        self,
        sender: CallbackSender,
        cache: Cache,
        settings: CallbackSettings,
        clock: Clock,
        wake: Callable[[Key], None],
    ) -> None:
        self._sender = sender
        self._cache = cache
        self._settings = settings
        self._clock = clock
        self._wake = wake
        self._due: WorkQueue[Key] = WorkQueue()
        self._turns: Rotation[Key] = Rotation()
        self._outcomes: dict[Key, Outcome] = {}

    def told_in(self, plan: Plan, run: TaskRun, service: TaskService | None, now: datetime) -> Plan:
        """A plan for a run that also writes down what its callback is owed, and was told."""
        outcome = self._outcomes.get(Key.of(run))
        return with_callback(plan, run, service, outcome, self._settings, now)

    def follow(self, run: TaskRun) -> None:
        """See to it that what the status of a run says is owed is delivered when it is due."""
        key = Key.of(run)
        outcome = self._outcomes.get(key)
        if outcome and outcome.awaited_by(run):
            return
        self._outcomes.pop(key, None)
        if delivery := open_delivery(run):
            self._due.add_after(key, self._wait(delivery))

    def forget(self, key: Key) -> None:
        """A run is gone."""
        self._outcomes.pop(key, None)

    async def deliver_for_ever(self) -> None:
        """Deliver what is due; the receivers take turns, so that a slow one holds up no other."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._line_up())
            for _ in range(self._settings.at_a_time):
                group.create_task(self._work())

    async def _line_up(self) -> None:
        while True:
            key = await self._due.get()
            run = self._cache.run(key)
            if run is None or run.status.callback is None:
                self._due.done(key)
            else:
                self._turns.put(_host_of(run.status.callback.url), key)

    async def _work(self) -> None:
        while True:
            key = await self._turns.take()
            try:
                await self._deliver(key)
            finally:
                self._due.done(key)

    async def _deliver(self, key: Key) -> None:
        run = self._cache.run(key)
        if run is None or run.status.callback is None or key in self._outcomes:
            return
        delivery = run.status.callback.open
        if delivery is None:
            return
        if self._wait(delivery) > 0:
            self._due.add_after(key, self._wait(delivery))
            return
        outcome = await self._attempt(run, run.status.callback.url, delivery)
        if self._cache.run(key) is not None:
            self._outcomes[key] = outcome
            self._wake(key)

    async def _attempt(self, run: TaskRun, url: str, delivery: Delivery) -> Outcome:
        error, final = None, False
        try:
            await self._sender.send(webhook_of(run, url, delivery), self._clock())
        except PortError as failure:
            error, final = str(failure), isinstance(failure, Rejected)
            logger.debug("%s: %s not delivered: %s", run.metadata.name, delivery.phase, error)
        except Exception:
            # A fault of ours with one run must not end the deliveries of all others.
            logger.exception("%s: %s not delivered", run.metadata.name, delivery.phase)
            error = "The controller failed to send this; its log has the details."
        number = delivery.attempts + 1
        uid = run.metadata.uid
        return Outcome(uid, str(delivery.phase), number, self._clock(), error, final)

    def _wait(self, delivery: Delivery) -> float:
        """Seconds until a delivery is due."""
        due = delivery.next_attempt_at or self._clock()
        return (due - self._clock()).total_seconds()


def _host_of(url: str) -> str:
    """Who is told: what is between the slashes, which is more than the name but as good."""
    return url.split("/", 3)[2]
