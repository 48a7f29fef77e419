"""What client and server say to each other, step by step and without I/O.

Each method is a generator of commands: `Send` is answered with an `Outcome`, `Pause` with nothing.
The clients carry the commands out; tests play the server by answering them.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from taskyard._client import _protocol as protocol
from taskyard._client._body import Body
from taskyard._client._decoding import decode
from taskyard._client._outcomes import Failure, Outcome, Reply, Request, is_passing, may_repeat
from taskyard._client._pacing import MAX_TRIES, Deadline, backoff, looks, retry_after
from taskyard._client._schema import ServiceSchema, TaskSchema
from taskyard._client._status import TaskStatus
from taskyard._errors import APITimeoutError, WaitTimeout

OUTAGE_PATIENCE = 300.0
"""Seconds that `wait` puts up with a server that is away: long tasks outlive its restart."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send `request`; give up after `within` seconds, or the client's own limit if that is less."""

    request: Request
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for `seconds`."""

    seconds: float


T = TypeVar("T")
Flow = Generator[Send | Pause, Any, T]


class Conversation:
    """The calls of one client.

    Args:
        requests: Builds requests for the service.
        ready_timeout: Seconds to wait for a service that is not ready: None without end, 0 not.
        clock: Seconds from any fixed moment.
        draw: A number from 0 to 1 for jitter.
    """

    def __init__(
        self,
        requests: protocol.Requests,
        ready_timeout: float | None,
        clock: Callable[[], float],
        draw: Callable[[], float],
    ) -> None:
        self._requests = requests
        self._ready_timeout = ready_timeout
        self._clock = clock
        self._draw = draw

    def schema(self) -> Flow[ServiceSchema]:
        """Wait until the service is ready, then ask for its tasks."""
        if self._ready_timeout != 0:
            yield from self._until_ready()
        return protocol.schema_in((yield from self._ask(self._requests.schema())))

    def submit(self, task: TaskSchema, body: Body) -> Flow[str]:
        """Begin a task run; its id."""
        return protocol.task_id_in((yield from self._ask(self._requests.submit(task, body))))

    def status(self, task: TaskSchema, task_id: str) -> Flow[TaskStatus]:
        """How far it has come."""
        return protocol.status_in((yield from self._ask(self._requests.status(task, task_id))))

    def result(self, task: TaskSchema, task_id: str) -> Flow[Any]:
        """What it returned."""
        reply = yield from self._ask(self._requests.result(task, task_id))
        return decode(task.output, protocol.result_in(reply))

    def retry(self, task: TaskSchema, task_id: str) -> Flow[str]:
        """Begin another run with the same input; its id."""
        return protocol.task_id_in((yield from self._ask(self._requests.retry(task, task_id))))

    def cancel(self, task: TaskSchema, task_id: str) -> Flow[None]:
        """End it."""
        protocol.done((yield from self._ask(self._requests.cancel(task, task_id))))

    def wait(
        self,
        task: TaskSchema,
        task_id: str,
        timeout: float | None,
        poll_interval: float | None,
        on_progress: Callable[[TaskStatus], object] | None,
    ) -> Flow[TaskStatus]:
        """Look until the task has ended; the final status.

        Raises:
            WaitTimeout: it had not ended within `timeout` seconds.
        """
        if poll_interval is not None and poll_interval <= 0:
            raise ValueError(
                f"poll_interval is in seconds and must be more than 0, not {poll_interval}"
            )
        deadline = Deadline(self._clock, timeout)
        outage = Deadline(self._clock, OUTAGE_PATIENCE)
        last: TaskStatus | None = None
        for pause in looks(poll_interval):
            outcome = yield Send(self._requests.status(task, task_id), deadline.bound)
            if not is_passing(outcome) or outage.passed:
                status = protocol.status_in(_answer(outcome))
                if on_progress and status != last:
                    on_progress(status)
                if status.finished:
                    return status
                last = status
                outage = Deadline(self._clock, OUTAGE_PATIENCE)
            if deadline.passed:
                raise WaitTimeout(_waited(task_id, timeout, last), last)
            asked = retry_after(outcome, datetime.now(UTC)) or 0
            yield Pause(min(max(pause, asked), deadline.left))
        raise AssertionError("looks() never ends")

    def _ask(self, request: Request) -> Flow[Reply]:
        """Send a request, and again while that is safe and may help; the last answer."""
        for tries in range(1, MAX_TRIES):
            outcome = yield Send(request)
            if not may_repeat(request, outcome):
                return _answer(outcome)
            yield Pause(backoff(tries, outcome, self._draw, datetime.now(UTC)))
        return _answer((yield Send(request)))

    def _until_ready(self) -> Flow[None]:
        deadline = Deadline(self._clock, self._ready_timeout)
        for pause in looks(None):
            outcome: Outcome = yield Send(self._requests.ready(), deadline.bound)
            if (
                isinstance(outcome, Reply)
                and outcome.status_code < 500
                and outcome.status_code != 429
            ):
                # Also 401 or 404: waiting does not help, and the schema's answer will say more.
                return
            if isinstance(outcome, Failure) and not outcome.passing:
                raise outcome.error
            if deadline.passed:
                late = f"{self._requests.base} was not ready within {self._ready_timeout:g} s"
                raise APITimeoutError(f"{late}: {_why(outcome)}")
            yield Pause(min(pause * (0.5 + self._draw()), deadline.left))


def _answer(outcome: Outcome) -> Reply:
    if isinstance(outcome, Failure):
        raise outcome.error
    return outcome


def _why(outcome: Outcome) -> str:
    return str(outcome.error if isinstance(outcome, Failure) else protocol.error_in(outcome))


def _waited(task_id: str, timeout: float | None, last: TaskStatus | None) -> str:
    state = f"it is {last}" if last else "the server did not say how far it is"
    return f"task {task_id} had not ended after {timeout:g} s; {state}"
