"""An attempt as the status of its run keeps it, and the result of the one that succeeded."""

from datetime import datetime
from typing import Any

from taskyard.api.names import bounded, job_name
from taskyard.api.reasons import Phase, Reason
from taskyard.api.taskrun import AttemptRecord, Header, ResultRecord
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.core.keys import result_key
from taskyard_operator.core.view import View

MAX_ATTEMPT_MESSAGE = 256
"""Bytes of an attempt's message: a run may have many attempts, and etcd wants small objects."""


def open_record(view: View, attempt: Attempt) -> AttemptRecord:
    """The current attempt as it stands."""
    return AttemptRecord(number=attempt.number, job=attempt.job, **_whereabouts(view))


def condemned_record(view: View, attempt: Attempt, reason: Reason, message: str) -> AttemptRecord:
    """The current attempt as it stands, with the reason for which it is to be ended."""
    return AttemptRecord(
        number=attempt.number,
        job=attempt.job,
        **_whereabouts(view),
        reason=reason,
        message=bounded(message, MAX_ATTEMPT_MESSAGE),
    )


def closed_record(view: View, ending: Ending) -> AttemptRecord:
    """The current attempt as it is kept once it has ended so."""
    return AttemptRecord(
        number=view.number,
        job=job_name(view.run.metadata.name, view.number),
        **_whereabouts(view),
        finished_at=finished_at(view),
        reason=ending.reason,
        message=bounded(ending.message, MAX_ATTEMPT_MESSAGE) or None,
        exit_code=ending.exit_code,
        error_type=ending.error_type or None,
        log_stored=ending.log_stored or None,
    )


def finished_at(view: View) -> datetime:
    """When the current attempt ended, or now where nobody saw it.

    Not after now, for the clock of its node may be fast: retries and retention count from this.
    """
    told = view.attempt.finished_at if view.attempt else None
    return min(told or view.now, view.now)


def result_record(view: View, ending: Ending) -> ResultRecord | None:
    """The result of an attempt that has ended so; None of one that failed, or left none."""
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
        "started_at": view.started_at,
    }
