"""Is there another attempt, and when? Two budgets: the task's own failures, and the platform's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from taskyard.api.reasons import Reason
from taskyard.api.taskrun import AttemptRecord
from taskyard.api.taskservice import Retries
from taskyard_operator.core.jitter import shortened

OWN_FAILURES = frozenset(
    {
        Reason.TASK_ERROR,
        Reason.OUT_OF_MEMORY,
        Reason.PROCESS_CRASHED,
        Reason.RUN_DEADLINE_EXCEEDED,
    }
)
"""Failures that a task brings about itself; they count against `retries.limit`."""

DISRUPTIONS = frozenset({Reason.INPUT_UNAVAILABLE, Reason.RESULT_UPLOAD_FAILED, Reason.DISRUPTED})
"""Failures that are nobody's fault; they count against `retries.disruptions` and nothing else."""


def may_retry(retries: Retries, ended: Sequence[AttemptRecord]) -> bool:
    """Whether the last of the ended attempts leaves room for another one."""
    last = ended[-1]
    if last.reason in DISRUPTIONS:
        return _count(ended, DISRUPTIONS) <= retries.disruptions
    if last.reason not in OWN_FAILURES or not _wanted(retries, last):
        return False
    return _count(ended, OWN_FAILURES) <= retries.limit


def retry_at(retries: Retries, ended: Sequence[AttemptRecord], run_uid: str) -> datetime | None:
    """When the next attempt may start: a growing time after the end of the last one.

    Its jitter is drawn from the run's uid.
    """
    last = ended[-1]
    if last.finished_at is None:
        return None
    backoff = retries.backoff
    # An exponent that large is past any cap already, and would overflow a float.
    seconds = min(backoff.max, backoff.initial * backoff.factor ** min(len(ended) - 1, 64))
    return last.finished_at + timedelta(seconds=shortened(seconds, f"{run_uid}/{len(ended)}"))


def _count(ended: Sequence[AttemptRecord], reasons: frozenset[Reason]) -> int:
    return sum(record.reason in reasons for record in ended)


def _wanted(retries: Retries, record: AttemptRecord) -> bool:
    if retries.never and _named(retries.never, record):
        return False
    return retries.on is None or _named(retries.on, record)


def _named(names: Sequence[str], record: AttemptRecord) -> bool:
    """Whether a list names the record's reason or exception, with or without its module."""
    error = record.error_type or ""
    return any(name in (record.reason, error, error.rpartition(".")[2]) for name in names if name)
