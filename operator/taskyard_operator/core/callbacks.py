"""What the callback of a run is owed, and when it is tried: pure steps from one status to the next.

A phase is owed from the very write that says it, so whoever finds an open delivery in a status, be it
after a restart or in another controller, goes on from there.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from taskyard.api.callback import MAX_DELIVERY_MESSAGE, Callback, CallbackStatus, Delivery
from taskyard.api.names import bounded
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.jitter import shortened
from taskyard_operator.core.plan import ArchiveRun, Plan

GROWTH = 3
"""Each wait is so many times the one before."""

_WENT_ON = "The run went on before this could be delivered."


@dataclass(frozen=True, slots=True)
class CallbackSettings:
    """How deliveries are tried.

    Args:
        first_delay: the wait after the first attempt that fails; each further one is three times as long.
        longest_delay: the longest such wait.
        patience: how long after a phase was reached its delivery is given up.
        at_a_time: the most deliveries under way at once.
    """

    first_delay: timedelta = timedelta(seconds=5)
    longest_delay: timedelta = timedelta(hours=6)
    patience: timedelta = timedelta(hours=24)
    at_a_time: int = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt to deliver a phase of a run.

    `error` is the sentence that says why it failed, and `final` that no other attempt can go better.
    """

    uid: str
    phase: str
    attempt: int
    at: datetime
    error: str | None = None
    final: bool = False

    def awaited_by(self, run: TaskRun) -> bool:
        """Whether the status of a run does not tell of it yet, and should."""
        return run.metadata.uid == self.uid and any(
            delivery.phase == self.phase and delivery.attempts < self.attempt
            for delivery in _deliveries(run.status)
        )


def open_delivery(run: TaskRun) -> Delivery | None:
    """The phase that the callback of a run is still to be told of."""
    return run.status.callback.open if run.status.callback else None


def with_callback(
    plan: Plan,
    run: TaskRun,
    service: TaskService | None,
    outcome: Outcome | None,
    settings: CallbackSettings,
    now: datetime,
) -> Plan:
    """A plan that also says what the run's callback is owed, and what came of the last attempt."""
    if run.metadata.deletion_timestamp:
        return plan
    status = plan.status or run.status
    if outcome and status.callback and outcome.awaited_by(run):
        status = _noted(status, status.callback, outcome, settings)
    callback = run.spec.callback or (service.spec.callback if service else None)
    if not run.status.terminal:
        status = _owed(status, callback, settings, now)
    if status.callback == run.status.callback:
        return plan
    # An executor that archives a run writes the status it has: that is for the next look.
    actions = tuple(action for action in plan.actions if not isinstance(action, ArchiveRun))
    return replace(plan, actions=actions, status=status)


def callback_outcomes(before: TaskRunStatus, after: TaskRunStatus) -> list[str]:
    """What the attempts that came between two statuses have brought: Delivered, GivenUp or Failed."""
    counted = {delivery.phase: delivery.attempts for delivery in _deliveries(before)}
    return [
        "Delivered" if tried.delivered_at else "GivenUp" if tried.settled else "Failed"
        for tried in _deliveries(after)
        if tried.attempts > counted.get(tried.phase, 0)
    ]


def _owed(
    status: TaskRunStatus, callback: Callback | None, settings: CallbackSettings, now: datetime
) -> TaskRunStatus:
    """The status with a delivery of its phase, where the callback is to be told of it and was not yet.

    One of an earlier phase that is still open is given up: it would tell of what is past.
    """
    known = [
        delivery
        if delivery.settled or delivery.phase == status.phase
        else _given_up(delivery, now, _WENT_ON)
        for delivery in _deliveries(status)
    ]
    phase, url = status.phase, status.callback.url if status.callback else ""
    if callback and phase and callback.tells(phase) and phase not in {d.phase for d in known}:
        until = now + settings.patience
        known.append(Delivery(phase=phase, since=now, until=until, next_attempt_at=now))
        url = callback.url
    return _with(status, url, known) if known != _deliveries(status) else status


def _noted(
    status: TaskRunStatus, told: CallbackStatus, outcome: Outcome, settings: CallbackSettings
) -> TaskRunStatus:
    """The status with what came of an attempt; `told` is what it says of the callback so far."""
    known = [
        _after(delivery, outcome, settings) if delivery.phase == outcome.phase else delivery
        for delivery in told.deliveries
    ]
    return _with(status, told.url, known)


def _after(delivery: Delivery, outcome: Outcome, settings: CallbackSettings) -> Delivery:
    tried = delivery.model_copy(update={"attempts": outcome.attempt, "next_attempt_at": None})
    if outcome.error is None:
        done = {"delivered_at": outcome.at, "given_up_at": None, "message": None}
        return tried.model_copy(update=done)
    if delivery.settled or outcome.final or outcome.at >= delivery.until:
        return _given_up(tried, outcome.at, outcome.error)
    due = {"next_attempt_at": _next_attempt(tried, outcome, settings)}
    return tried.model_copy(update=_message(outcome.error) | due)


def _next_attempt(tried: Delivery, outcome: Outcome, settings: CallbackSettings) -> datetime:
    # An exponent that large is past any cap already, and would overflow a float.
    seconds = settings.first_delay.total_seconds() * GROWTH ** min(outcome.attempt - 1, 32)
    wait = min(settings.longest_delay.total_seconds(), seconds)
    drawn_from = f"{outcome.uid}/{outcome.phase}/{outcome.attempt}"
    return min(outcome.at + timedelta(seconds=shortened(wait, drawn_from)), tried.until)


def _given_up(delivery: Delivery, at: datetime, why: str) -> Delivery:
    update = _message(why) | {"given_up_at": at, "next_attempt_at": None}
    return delivery.model_copy(update=update)


def _message(text: str) -> dict[str, Any]:
    return {"message": bounded(text, MAX_DELIVERY_MESSAGE)}


def _deliveries(status: TaskRunStatus) -> list[Delivery]:
    return status.callback.deliveries if status.callback else []


def _with(status: TaskRunStatus, url: str, deliveries: list[Delivery]) -> TaskRunStatus:
    told = CallbackStatus(url=url, deliveries=deliveries)
    return status.model_copy(update={"callback": told})
