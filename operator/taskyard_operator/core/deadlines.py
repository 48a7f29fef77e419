"""The clocks of a run: which one ticks now, when it runs out, and what is said then.

`activeDeadlineSeconds` of the Job is not used: it counts waiting for a GPU as running, and deletes
the pod with its report.
"""

from dataclasses import dataclass
from datetime import datetime

from taskyard.api.reasons import Reason
from taskyard_operator.core.attempt import Attempt, Stage
from taskyard_operator.core.retry import retry_at
from taskyard_operator.core.view import View


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs out at `at`, and the reason and the sentence that hold from then on."""

    at: datetime
    reason: Reason
    message: str


def clocks(view: View) -> list[Clock]:
    """The clocks that tick for a run in its present stage."""
    attempt = view.attempt
    if not view.lives or attempt is None:
        return _queue_clock(view)
    if attempt.stage is Stage.RUNNING:
        return _run_clock(view)
    if attempt.admitted_at is None:  # Its Job is suspended: a queue of the cluster holds it.
        return _queue_clock(view)
    return [_start_clock(view, attempt, attempt.admitted_at), *_image_clock(view, attempt)]


def _queue_clock(view: View) -> list[Clock]:
    """From the creation of the run, or from the end of the attempt before.

    A back-off is no wait for a place: where it takes up all of that time, it counts from the end of that.
    """
    since, limit = view.run.metadata.creation_timestamp, view.policy.queue
    if view.ended:
        since = view.ended[-1].finished_at
        due = retry_at(view.policy.retries, view.ended, view.run.metadata.uid)
        since = due if since and due and since + limit <= due else since
    if since is None:
        return []
    last = f" Last it waited for this: {view.run.status.message}" if view.run.status.message else ""
    message = f"The run was not admitted within {limit.total_seconds():.0f} s.{last}"
    return [Clock(since + limit, Reason.QUEUE_DEADLINE_EXCEEDED, message)]


def _start_clock(view: View, attempt: Attempt, since: datetime) -> Clock:
    limit = view.policy.start
    last = f" Last it waited for this: {attempt.waiting.message}" if attempt.waiting else ""
    message = f"No container ran within {limit.total_seconds():.0f} s.{last}"
    return Clock(since + limit, Reason.START_DEADLINE_EXCEEDED, message)


def _image_clock(view: View, attempt: Attempt) -> list[Clock]:
    waiting = attempt.waiting
    if waiting is None or waiting.patience is None:
        return []
    since = waiting.since or attempt.placed_at or view.now
    return [Clock(since + waiting.patience, Reason.IMAGE_UNAVAILABLE, waiting.message)]


def _run_clock(view: View) -> list[Clock]:
    if view.started_at is None:
        return []
    limit = view.policy.run
    message = f"The task ran longer than {limit.total_seconds():.0f} s."
    return [Clock(view.started_at + limit, Reason.RUN_DEADLINE_EXCEEDED, message)]
