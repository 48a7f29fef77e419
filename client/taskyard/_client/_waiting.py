"""Waiting: for a service to be ready, and for a task to end."""

from collections.abc import Callable
from datetime import UTC, datetime

from taskyard._client import _protocol as protocol
from taskyard._client._asking import OUTAGE_PATIENCE, Manners, answer
from taskyard._client._commands import Flow, Pause, Send
from taskyard._client._outcomes import Failure, Outcome, Reply, Request, is_passing
from taskyard._client._pacing import looks, retry_after
from taskyard._client._status import TaskStatus
from taskyard._errors import APITimeoutError, WaitTimeout

LOOK_SECONDS = 30.0
"""How long a server is asked to wait with its answer, where nothing ends meanwhile."""
_PROGRESS_SECONDS = 2.0
"""The same, where somebody wants to know how far the task is."""


def hold(poll_interval: float | None, on_progress: object) -> float:
    """How long a server that can wait with its answer is asked to."""
    return poll_interval or (_PROGRESS_SECONDS if on_progress else LOOK_SECONDS)


def until_ended(
    manners: Manners,
    look: Callable[[float], Request],
    hold: float,
    task_id: str,
    timeout: float | None,
    poll_interval: float | None,
    on_progress: Callable[[TaskStatus], object] | None,
) -> Flow[TaskStatus]:
    """Look until the task has ended; the final status.

    `look` is the request that the server may answer later, once the task has ended: after `hold`
    seconds at most, which is 0 for a server that answers at once.

    Raises:
        WaitTimeout: it had not ended within `timeout` seconds.
    """
    if poll_interval is not None and poll_interval <= 0:
        raise ValueError(
            f"poll_interval is in seconds and must be more than 0, not {poll_interval}"
        )
    deadline = manners.deadline(timeout)
    outage = manners.deadline(OUTAGE_PATIENCE)
    last: TaskStatus | None = None
    for pause in looks(poll_interval):
        begun = manners.clock()
        # A second before the end of the time at most: the last look then is at its end.
        outcome = yield Send(look(max(0.0, min(hold, deadline.left - 1))), deadline.bound)
        spent = manners.clock() - begun if hold else 0.0
        if not is_passing(outcome) or outage.passed:
            status = protocol.status_in(answer(outcome))
            if on_progress and status != last:
                on_progress(status)
            if status.finished:
                return status
            last = status
            outage = manners.deadline(OUTAGE_PATIENCE)
        if deadline.passed:
            raise WaitTimeout(_waited(task_id, timeout, last), last)
        asked = retry_after(outcome, datetime.now(UTC)) or 0
        yield Pause(min(max(pause - spent, asked, 0.0), deadline.left))
    raise AssertionError("looks() never ends")


def until_ready(manners: Manners, requests: protocol.Requests, timeout: float | None) -> Flow[None]:
    """Wait until the service takes tasks.

    Raises:
        APITimeoutError: it did not within `timeout` seconds.
    """
    deadline = manners.deadline(timeout)
    for pause in looks(None):
        outcome: Outcome = yield Send(requests.ready(), deadline.bound)
        if isinstance(outcome, Reply) and outcome.status_code < 500 and outcome.status_code != 429:
            # Also 401 or 404: waiting does not help, and the schema's answer will say more.
            return
        if isinstance(outcome, Failure) and not outcome.passing:
            raise outcome.error
        if deadline.passed:
            late = f"{requests.base} was not ready within {timeout:g} s"
            raise APITimeoutError(f"{late}: {_why(outcome)}")
        yield Pause(min(pause * (0.5 + manners.draw()), deadline.left))


def _why(outcome: Outcome) -> str:
    return str(outcome.error if isinstance(outcome, Failure) else protocol.error_in(outcome))


def _waited(task_id: str, timeout: float | None, last: TaskStatus | None) -> str:
    state = f"it is {last}" if last else "the server did not say how far it is"
    return f"task {task_id} had not ended after {timeout:g} s; {state}"
