"""What client and server say to each other, step by step and without I/O.

Each method is a generator of commands, see `_commands`. The clients carry the commands out; tests
play the server by answering them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from taskyard._client import _following as following
from taskyard._client import _protocol as protocol
from taskyard._client import _waiting as waiting
from taskyard._client._asking import Manners
from taskyard._client._bar import MapBar, TaskBar, within
from taskyard._client._binding import bind
from taskyard._client._commands import Flow, Tell, Telling, Together, Work
from taskyard._client._decoding import decode
from taskyard._client._encoding import encode
from taskyard._client._events import Event
from taskyard._client._filters import Filters
from taskyard._client._lookout import Lookout, by_long_poll, by_status, completed
from taskyard._client._mapping import (
    Call,
    Mapped,
    MapProgress,
    all_of,
    call_of,
    check_files,
    length_of,
)
from taskyard._client._options import Options
from taskyard._client._outcomes import Request
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
        service = protocol.schema_in((yield from self._manners.ask(request)), request.url)
        if service.own:
            # A proxy in front may let nothing through but the service's own path.
            there = yield from self._manners.ask(OwnRequests(service.own).service())
            return service if there.ok else service.without_own()
        return service

    def submit(
        self, task: TaskSchema, args: Sequence[Any], kwargs: Mapping[str, Any], options: Options
    ) -> Flow[str]:
        """Begin a task run; its id."""
        arguments = bind(task, args, kwargs)
        body = yield Work(lambda: encode(task, arguments))
        request = self._of(task).submit(task, body, options)
        return protocol.task_id_in((yield from self._manners.ask(request)))

    def status(self, task: TaskSchema, task_id: str) -> Flow[TaskStatus]:
        """How far it has come."""
        request = self._of(task).status(task, task_id)
        return protocol.status_in((yield from self._manners.ask(request)))

    def result(self, task: TaskSchema, task_id: str) -> Flow[Any]:
        """What it returned."""
        request = self._of(task).result(task, task_id)
        reply = protocol.success((yield from self._manners.ask(request)))
        return decode(task.output, reply, task.returned)

    def retry(self, task: TaskSchema, task_id: str) -> Flow[str]:
        """Begin another run with the same input; its id."""
        request = self._of(task).retry(task, task_id)
        return protocol.task_id_in((yield from self._manners.ask(request)))

    def cancel(self, task: TaskSchema, task_id: str) -> Flow[None]:
        """Ask for its end."""
        request = self._of(task).cancel(task, task_id)
        protocol.success((yield from self._manners.ask(request)))

    def wait(
        self,
        task: TaskSchema,
        task_id: str,
        timeout: float | None,
        poll_interval: float | None,
        on_progress: OnProgress | None,
        bar: bool = False,
    ) -> Flow[TaskStatus]:
        """Look until the task has ended; the final status. With `bar` a progress bar is shown.

        Raises:
            WaitTimeout: it had not ended within `timeout` seconds.
        """
        if bar:
            shown = TaskBar(task.name, on_progress)
            return within(shown, self.wait(task, task_id, timeout, poll_interval, shown))
        requests = self._of(task)
        hold = waiting.hold(poll_interval, on_progress) if task.own else 0.0

        def look(seconds: float) -> Request:
            return requests.status(task, task_id, seconds)

        return waiting.until_ended(
            self._manners, look, hold, task_id, timeout, poll_interval, on_progress
        )

    def submit_many(
        self, task: TaskSchema, inputs: Iterable[Any], options: Options
    ) -> Flow[list[str]]:
        """Begin many task runs; their ids. Nothing is sent where one input is wrong."""
        options.check_many()
        calls = list(map(call_of, inputs))
        for call in calls:
            bind(task, call.args, call.kwargs)
        check_files(calls)
        begun = yield Together([self._begin(task, call, options) for call in calls])
        return all_of(begun)

    def map(
        self,
        task: TaskSchema,
        inputs: Iterable[Any],
        options: Options,
        concurrency: int,
        window: int | None,
        keep_exceptions: bool,
        on_progress: Callable[[MapProgress], object] | None,
        bar: bool,
    ) -> Telling[Any]:
        """For each input, in order, its result; or, if wanted, the exception that there is instead."""
        options.check_many()
        shown = MapBar(task.name, length_of(inputs), on_progress) if bar else None
        mapped = Mapped(
            submit=lambda call: self._begin(task, call, options),
            result=lambda task_id: self.result(task, task_id),
            lookout=self._lookout({}, task, None),
            concurrency=concurrency,
            window=window,
            keep_exceptions=keep_exceptions,
            on_progress=shown or on_progress,
        )
        results = mapped.results(inputs)
        return within(shown, results) if shown else results

    def completed(
        self, tasks: Mapping[str, TaskSchema], timeout: float | None
    ) -> Telling[tuple[str, TaskStatus | None]]:
        """Which of several runs have ended, by their ids, as they do; one at least must be given."""
        any_task = next(iter(tasks.values()))
        return completed(self._lookout(tasks, any_task, timeout))

    def tasks(self, service: ServiceSchema, filters: Filters) -> Telling[TaskStatus]:
        """The runs of the service, newest first."""
        requests = OwnRequests.of(service, "tasks()")
        cursor = None
        while True:
            reply = yield from self._manners.ask(requests.tasks(filters, cursor))
            page, cursor = protocol.page_in(reply)
            for status in page:
                yield Tell(status)
            if cursor is None:
                return

    def cancel_many(self, service: ServiceSchema, filters: Filters) -> Flow[list[str]]:
        """Ask for the end of the runs that fit; the ids of those that had not ended.

        Raises:
            ValueError: nothing is said of them.
        """
        filters.check_any()
        request = OwnRequests.of(service, "cancel_tasks()").cancel_many(filters)
        ids, more = protocol.cancelled_in((yield from self._manners.ask(request)))
        while more:
            others, more = protocol.cancelled_in((yield from self._manners.ask(request)))
            ids += others
        return ids

    def delete(self, task: TaskSchema, task_id: str) -> Flow[None]:
        """Remove all that is left of it."""
        request = OwnRequests.of(task, "delete()").delete(task_id)
        protocol.success((yield from self._manners.ask(request)))

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

    def _begin(self, task: TaskSchema, call: Call, options: Options) -> Flow[str]:
        return self.submit(task, call.args, call.kwargs, options)

    def _lookout(
        self, tasks: Mapping[str, TaskSchema], task: TaskSchema, timeout: float | None
    ) -> Lookout:
        """Looks after `tasks` by their ids, and after others that are of `task`."""
        deadline = self._manners.deadline(timeout)
        if task.own:
            ask = by_long_poll(self._manners, OwnRequests(task.own), deadline)
        else:
            ask = by_status(
                self._manners,
                lambda task_id: self._requests.status(tasks.get(task_id, task), task_id),
                deadline,
            )
        return Lookout(ask, deadline, deque(tasks))

    def _of(self, task: TaskSchema) -> protocol.Requests | OwnRequests:
        """Taskyard's own API where there is one, for what both protocols know."""
        return OwnRequests(task.own) if task.own else self._requests


P = ParamSpec("P")
F = TypeVar("F")
Ask = Callable[Concatenate[Conversation, TaskSchema, P], F]
"""A method of `Conversation` that is about one task."""
