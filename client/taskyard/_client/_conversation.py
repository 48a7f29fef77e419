"""What client and server say to each other, step by step and without I/O.

Each method is a generator of commands, see `_commands`. The clients carry the commands out; tests
play the server by answering them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from taskyard._client import _following as following
from taskyard._client import _protocol as protocol
from taskyard._client import _waiting as waiting
from taskyard._client._asking import Manners
from taskyard._client._binding import bind
from taskyard._client._commands import Flow, Telling, Work
from taskyard._client._decoding import decode
from taskyard._client._encoding import encode
from taskyard._client._events import Event
from taskyard._client._own_protocol import OwnRequests
from taskyard._client._schema import ServiceSchema, TaskSchema
from taskyard._client._status import TaskStatus

OnProgress = Callable[[TaskStatus], object]


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
        self._manners = Manners(clock, draw)

    def schema(self) -> Flow[ServiceSchema]:
        """Wait until the service is ready, then ask for its tasks."""
        if self._ready_timeout != 0:
            yield from waiting.until_ready(self._manners, self._requests, self._ready_timeout)
        request = self._requests.schema()
        return protocol.schema_in((yield from self._manners.ask(request)), request.url)

    def submit(self, task: TaskSchema, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Flow[str]:
        """Begin a task run; its id."""
        arguments = bind(task, args, kwargs)
        body = yield Work(lambda: encode(task, arguments))
        request = self._requests.submit(task, body)
        return protocol.task_id_in((yield from self._manners.ask(request)))

    def status(self, task: TaskSchema, task_id: str) -> Flow[TaskStatus]:
        """How far it has come."""
        request = self._requests.status(task, task_id)
        return protocol.status_in((yield from self._manners.ask(request)))

    def result(self, task: TaskSchema, task_id: str) -> Flow[Any]:
        """What it returned."""
        reply = yield from self._manners.ask(self._requests.result(task, task_id))
        return decode(task.output, protocol.success(reply))

    def retry(self, task: TaskSchema, task_id: str) -> Flow[str]:
        """Begin another run with the same input; its id."""
        request = self._requests.retry(task, task_id)
        return protocol.task_id_in((yield from self._manners.ask(request)))

    def cancel(self, task: TaskSchema, task_id: str) -> Flow[None]:
        """Ask for its end."""
        request = self._requests.cancel(task, task_id)
        protocol.success((yield from self._manners.ask(request)))

    def wait(
        self,
        task: TaskSchema,
        task_id: str,
        timeout: float | None,
        poll_interval: float | None,
        on_progress: OnProgress | None,
    ) -> Flow[TaskStatus]:
        """Look until the task has ended; the final status.

        Raises:
            WaitTimeout: it had not ended within `timeout` seconds.
        """
        request = self._requests.status(task, task_id)
        return waiting.until_ended(
            self._manners, request, task_id, timeout, poll_interval, on_progress
        )

    def document(self, task: TaskSchema, task_id: str) -> Flow[TaskStatus]:
        """All about it, with its attempts."""
        request = OwnRequests.of(task, "what is told of attempts").task(task_id)
        return protocol.status_in((yield from self._manners.ask(request)))

    def find(self, service: ServiceSchema, task_id: str) -> Flow[TaskSchema]:
        """Of which task of the service a run is.

        Raises:
            NotFound: there is no such run, or it is one of another service.
        """
        request = OwnRequests.of(service, "a task by its id alone").task(task_id)
        return protocol.task_in((yield from self._manners.ask(request)), service)

    def events(
        self, task: TaskSchema, task_id: str, after: str | None, only: Sequence[str]
    ) -> Telling[Event]:
        """What becomes of it, as it does."""
        requests = OwnRequests.of(task, "events()")
        return following.events(self._manners, requests, task_id, after, only)

    def log(
        self, task: TaskSchema, task_id: str, attempt: int | None, tail: int | None
    ) -> Flow[str]:
        """What an attempt has printed so far."""
        request = OwnRequests.of(task, "logs()").log(task_id, attempt, tail)
        reply = protocol.success((yield from self._manners.ask(request)))
        return reply.body.decode("utf-8", "replace")

    def log_lines(self, task: TaskSchema, task_id: str, attempt: int | None) -> Telling[str]:
        """The lines of its log as they come."""
        requests = OwnRequests.of(task, "logs(follow=True)")
        return following.lines(self._manners, requests, task_id, attempt)


P = ParamSpec("P")
F = TypeVar("F")
Ask = Callable[Concatenate[Conversation, TaskSchema, P], F]
"""A method of `Conversation` that is about one task."""
