"""The status that follows from what was seen: pure steps from the old status to the new one."""

from datetime import datetime
from typing import Any

from taskyard.api.names import MAX_MESSAGE_BYTES, bounded
from taskyard.api.reasons import Condition, Phase, Reason, WaitingReason
from taskyard.api.resource import StatusCondition
from taskyard.api.taskrun import AttemptRecord, ServiceSeen, TaskRun, TaskRunStatus
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.attempt_record import (
    closed_record,
    condemned_record,
    finished_at,
    open_record,
    result_record,
)
from taskyard_operator.core.conditions import (
    new_condition,
    released_condition,
    with_condition,
)
from taskyard_operator.core.view import View

_ROOM = 128
"""Bytes of a message for what is said around the words of an attempt."""


def waiting_status(run: TaskRun, now: datetime, reason: str, message: str) -> TaskRunStatus:
    """Queued, with the reason why no attempt was started."""
    return _next(run, now, phase=Phase.QUEUED, reason=reason, message=message)


def attempt_status(view: View, attempt: Attempt, phase: Phase) -> TaskRunStatus:
    """Starting or Running, as the attempt stands."""
    waiting = attempt.waiting if phase is Phase.STARTING else None
    return _next(
        view.run,
        view.now,
        phase=phase,
        reason=waiting.reason if waiting else None,
        message=waiting.message if waiting else None,
        **_with_record(view, open_record(view, attempt)),
    )


def condemned_status(view: View, attempt: Attempt, reason: Reason, message: str) -> TaskRunStatus:
    """The attempt is to be ended for a reason: said before it is done, so that it is known after."""
    phase = Phase.RUNNING if attempt.stage is Stage.RUNNING else Phase.STARTING
    return _next(
        view.run,
        view.now,
        phase=phase,
        reason=reason,
        message=message,
        **_with_record(view, condemned_record(view, attempt, reason, message)),
    )


def cancelling_status(view: View, attempt: Attempt) -> TaskRunStatus:
    """The attempt is told to stop, since somebody asked for it: said before it is done.

    The phase stays what it is until no container runs any more.
    """
    phase = Phase.RUNNING if attempt.stage is Stage.RUNNING else Phase.STARTING
    known = view.run.status if view.record else attempt_status(view, attempt, phase)
    grace = view.policy.cancel_grace.total_seconds()
    told = f"Attempt {attempt.number} is told to stop; its task has {grace:g} s to clean up."
    requested = new_condition(
        view.run, view.now, Condition.CANCEL_REQUESTED, "True", "ToldToStop", told
    )
    seen = {"observed_generation": view.run.metadata.generation or None}
    return with_condition(known.model_copy(update=seen), requested)


def released_status(view: View) -> TaskRunStatus:
    """The terminal status of a run of which something might still have run, and now does not."""
    return with_condition(view.run.status, released_condition(view.run, view.now, released=True))


def ended_status(view: View, ending: Ending) -> TaskRunStatus:
    """The terminal status of a run whose current attempt has ended so.

    An attempt before it may still run all the same: one that was given up with its node.
    """
    earlier = [attempt for attempt in view.left if attempt.number != view.number]
    return _next(
        view.run,
        view.now,
        phase=ending.phase,
        reason=ending.reason,
        message=ending.message or None,
        result=result_record(view, ending),
        finished_at=finished_at(view),
        released=ending.released and not earlier,
        **_closed(view, ending),
    )


def backing_off_status(view: View, ending: Ending, until: datetime) -> TaskRunStatus:
    """Queued again: the attempt has ended so, and another one follows."""
    # When the next one starts must not be cut.
    why = bounded(ending.message, MAX_MESSAGE_BYTES - _ROOM)
    message = (
        f"Attempt {view.number} ended with {ending.reason}: {why} "
        f"The next one starts at {until:%H:%M:%S} UTC."
    )
    return _next(
        view.run,
        view.now,
        phase=Phase.QUEUED,
        reason=WaitingReason.BACKING_OFF,
        message=message,
        **_closed(view, ending),
    )


def unstarted_status(view: View, phase: Phase, reason: str, message: str) -> TaskRunStatus:
    """The terminal status of a run that ends without an attempt: before the first, or after one."""
    return _next(
        view.run,
        view.now,
        phase=phase,
        reason=reason,
        message=message,
        finished_at=view.now,
        released=not view.left,
    )


def archived_status(run: TaskRun, status: TaskRunStatus, kept_until: datetime) -> TaskRunStatus:
    """A terminal status, with the word that the record is stored; the same whenever it is asked for."""
    since = status.finished_at or kept_until
    told = f"Input, result, log and record are kept until {kept_until:%Y-%m-%d %H:%M} UTC."
    archived = new_condition(run, since, Condition.ARCHIVED, "True", "RecordStored", told)
    return with_condition(status, archived)


def _closed(view: View, ending: Ending) -> dict[str, Any]:
    return _with_record(view, closed_record(view, ending)) if view.number else {}


def _with_record(view: View, record: AttemptRecord) -> dict[str, Any]:
    run, service = view.run, view.service
    others = [known for known in run.status.attempts if known.number != record.number]
    known = run.status.progress if run.status.attempt == record.number else None
    fields: dict[str, Any] = {
        "attempt": record.number,
        "attempts": [*others, record],
        "started_at": run.status.started_at or record.started_at,
        "progress": (view.attempt and view.attempt.progress) or known,
    }
    if service and not run.status.service:
        seen = ServiceSeen(generation=service.metadata.generation, image=service.spec.image)
        fields["service"] = seen
    return fields


def _next(
    run: TaskRun, now: datetime, *, phase: Phase, released: bool = True, **fields: Any
) -> TaskRunStatus:
    reason, message = fields.get("reason"), bounded(fields.get("message") or "")
    conditions = {condition.type: condition for condition in run.status.conditions}
    for condition in _conditions(run, phase, reason, message, now, released):
        before = conditions.get(condition.type)
        if before and before.status == condition.status:
            # The time tells when the status turned, not when its sentence was last reworded.
            since = {"last_transition_time": before.last_transition_time}
            condition = condition.model_copy(update=since)  # noqa: PLW2901
        conditions[condition.type] = condition
    update = fields | {
        "phase": phase,
        "reason": reason,
        "message": message or None,
        "conditions": list(conditions.values()),
        "queued_at": run.metadata.creation_timestamp,
        "observed_generation": run.metadata.generation or None,
    }
    return run.status.model_copy(update=update)


_SUCCEEDED = {Phase.SUCCEEDED: "True", Phase.FAILED: "False", Phase.CANCELLED: "False"}


def _conditions(
    run: TaskRun, phase: Phase, reason: str | None, message: str, now: datetime, released: bool
) -> list[StatusCondition]:
    verdict = _SUCCEEDED.get(phase, "Unknown")
    succeeded = new_condition(run, now, Condition.SUCCEEDED, verdict, reason or phase, message)
    return (
        [succeeded, released_condition(run, now, released=released)]
        if phase.terminal
        else [succeeded]
    )
