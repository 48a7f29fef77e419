"""The status that follows from what was seen: pure steps from the old status to the new one."""

from datetime import datetime
from typing import Any

from taskyard.api.names import bounded, job_name
from taskyard.api.reasons import Condition, Phase, Reason, WaitingReason
from taskyard.api.resource import StatusCondition
from taskyard.api.taskrun import (
    AttemptRecord,
    Header,
    ResultRecord,
    ServiceSeen,
    TaskRun,
    TaskRunStatus,
)
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.conditions import (
    new_condition,
    released_condition,
    with_condition,
)
from taskyard_operator.core.keys import result_key
from taskyard_operator.core.view import View

MAX_ATTEMPT_MESSAGE = 256
"""Bytes of an attempt's message: a run may have many attempts, and etcd wants small objects."""


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
        **_of_attempt(view, attempt),
    )


def condemned_status(view: View, attempt: Attempt, reason: Reason, message: str) -> TaskRunStatus:
    """The attempt is to be ended for a reason: said before it is done, so that it is known after."""
    phase = Phase.RUNNING if attempt.stage is Stage.RUNNING else Phase.STARTING
    verdict = {"reason": reason, "message": bounded(message, MAX_ATTEMPT_MESSAGE)}
    return _next(
        view.run,
        view.now,
        phase=phase,
        reason=reason,
        message=message,
        **_of_attempt(view, attempt, **verdict),
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
        result=_result(view, ending),
        finished_at=_finished_at(view),
        released=ending.released and not earlier,
        **_closed(view, ending),
    )


def backing_off_status(view: View, ending: Ending, until: datetime) -> TaskRunStatus:
    """Queued again: the attempt has ended so, and another one follows."""
    message = (
        f"Attempt {view.number} ended with {ending.reason}: {ending.message} "
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


def unstarted_status(view: View, phase: Phase, reason: Reason, message: str) -> TaskRunStatus:
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


def closed_record(view: View, ending: Ending) -> AttemptRecord:
    """The current attempt as it is kept once it has ended so."""
    return AttemptRecord(
        number=view.number,
        job=job_name(view.run.metadata.name, view.number),
        **_whereabouts(view),
        finished_at=_finished_at(view),
        reason=ending.reason,
        message=bounded(ending.message, MAX_ATTEMPT_MESSAGE) or None,
        exit_code=ending.exit_code,
        error_type=ending.error_type or None,
        log_stored=ending.log_stored or None,
    )


def _whereabouts(view: View) -> dict[str, Any]:
    """Pod, node and times of the current attempt; once its pod is gone, as they were known before."""
    attempt, known = view.attempt, view.record
    gone = attempt is None or (attempt.pod is None and attempt.admitted_at is not None)
    seen = known if gone and known else attempt
    if seen is None:
        return {}
    # A queue of the cluster may take back an attempt that it had admitted.
    admitted_at = seen.admitted_at or (known.admitted_at if known else None)
    return {
        "pod": seen.pod,
        "node": seen.node,
        "admitted_at": admitted_at,
        "started_at": seen.started_at,
    }


def _finished_at(view: View) -> datetime:
    return (view.attempt.finished_at if view.attempt else None) or view.now


def _result(view: View, ending: Ending) -> ResultRecord | None:
    if ending.phase is not Phase.SUCCEEDED or ending.result is None:
        return None
    info, metadata = ending.result, view.run.metadata
    return ResultRecord(
        key=result_key(metadata.namespace, metadata.name, view.number),
        size=info.size,
        sha256=info.sha256,
        content_type=info.content_type[:255],
        status_code=info.status_code,
        file_name=info.file_name[:255] if info.file_name else None,
        headers=[Header(name=name, value=value) for name, value in info.headers] or None,
    )


def _of_attempt(view: View, attempt: Attempt, **more: Any) -> dict[str, Any]:
    record = AttemptRecord(
        number=attempt.number,
        job=attempt.job,
        **_whereabouts(view),
        **more,
    )
    return _with_record(view, record)


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
