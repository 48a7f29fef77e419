"""The document that tells all of a task; the same from its TaskRun and from its record."""

from datetime import datetime
from typing import Any

from taskyard.api.callback import Delivery
from taskyard.api.names import GROUP
from taskyard.api.reasons import Phase
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import AttemptRecord, Progress, ResultRecord, TaskRun
from taskyard_operator.core.admission import position_told
from taskyard_operator.core.conditions import holds_nothing
from taskyard_operator.core.durations import durations

Document = dict[str, Any]


def task_document(run: TaskRun, progress: Progress | None = None) -> Document:
    """All that is known of a run. Every key is always there, and null where there is nothing to tell.

    `progress` is what the task was heard to say after the controller wrote the status.
    """
    spec, status = run.spec, run.status
    created = run.metadata.creation_timestamp
    told = progress or status.progress
    return {
        "id": run.metadata.name,
        "service": spec.service,
        "task": spec.task,
        "phase": run.phase,
        "reason": status.reason,
        "message": status.message,
        "labels": own_labels(run),
        "priority": spec.priority,
        "deadlines": _deadlines(run),
        "retryOf": spec.retry_of,
        "cancelRequested": bool(spec.cancel),
        "createdAt": _time(created),
        "startedAt": _time(status.started_at),
        "finishedAt": _time(status.finished_at),
        "position": _position(run),
        "progress": told.model_dump() if told else None,
        "attempt": status.attempt,
        "attempts": [_attempt(attempt) for attempt in status.attempts],
        "timings": _timings(run),
        "result": _result(status.result) if status.result else None,
        "resourcesReleased": holds_nothing(status),
        "callback": _callback(run),
    }


def own_labels(run: TaskRun) -> dict[str, str]:
    """The labels that its caller gave a run."""
    labels = run.metadata.labels
    return {key: value for key, value in labels.items() if not is_reserved(key)}


def is_reserved(label: str) -> bool:
    """Whether a label is ours to set: its domain is taskyard.dev, or one below it."""
    domain = label.rpartition("/")[0]
    return domain == GROUP or domain.endswith(f".{GROUP}")


def _position(run: TaskRun) -> int | None:
    return position_told(run.status.message or "") if run.phase is Phase.QUEUED else None


def _deadlines(run: TaskRun) -> Document | None:
    return run.spec.deadlines.model_dump() if run.spec.deadlines else None


def _attempt(attempt: AttemptRecord) -> Document:
    return {
        "number": attempt.number,
        "reason": attempt.reason,
        "message": attempt.message,
        "exitCode": attempt.exit_code,
        "errorType": attempt.error_type,
        "node": attempt.node,
        "admittedAt": _time(attempt.admitted_at),
        "startedAt": _time(attempt.started_at),
        "finishedAt": _time(attempt.finished_at),
        "logStored": bool(attempt.log_stored),
    }


def _result(result: ResultRecord) -> Document:
    return {
        "size": result.size,
        "sha256": result.sha256,
        "contentType": result.content_type,
        "statusCode": result.status_code,
        "fileName": result.file_name,
    }


def _callback(run: TaskRun) -> Document | None:
    """The callback of the run, or that of its service once that is owed something."""
    asked, told = run.spec.callback, run.status.callback
    if asked is None and told is None:
        return None
    return {
        "url": told.url if told else asked and asked.url,
        "states": asked.states if asked else None,
        "deliveries": [_delivery(delivery) for delivery in told.deliveries] if told else [],
    }


def _delivery(delivery: Delivery) -> Document:
    return {
        "phase": delivery.phase,
        "since": rfc3339(delivery.since),
        "until": rfc3339(delivery.until),
        "attempts": delivery.attempts,
        "nextAttemptAt": _time(delivery.next_attempt_at),
        "deliveredAt": _time(delivery.delivered_at),
        "givenUpAt": _time(delivery.given_up_at),
        "message": delivery.message,
    }


def _timings(run: TaskRun) -> Document:
    """Seconds in each stage; null where it has not ended, or nobody saw when."""
    stages = durations(run)
    return {
        "queuedSeconds": stages.queue,
        "startSeconds": stages.start,
        "runSeconds": stages.run,
    }


def _time(when: datetime | None) -> str | None:
    return rfc3339(when) if when else None
