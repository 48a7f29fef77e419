"""The blocking client: `SyncHTTPClient`, the tasks it offers, and their task runs."""

import random
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from taskyard._client._binding import bind
from taskyard._client._conversation import Conversation
from taskyard._client._encoding import encode
from taskyard._client._http import Connection
from taskyard._client._protocol import Requests
from taskyard._client._schema import TaskSchema
from taskyard._client._status import TaskStatus
from taskyard._client._sync_runner import SyncRunner
from taskyard._errors import TaskyardError

if TYPE_CHECKING:
    import httpx

OnProgress = Callable[[TaskStatus], object]


@dataclass(frozen=True)
class Task:
    """One task run. All about it is asked from the server, so its `id` is all there is to keep."""

    id: str
    endpoint: "Endpoint" = field(repr=False)

    def get_status(self) -> TaskStatus:
        """How far it has come."""
        return self.endpoint.get_status(self.id)

    def get(self) -> Any:
        """What the task returned.

        Raises:
            TaskNotFinished: it has not ended; `wait()` first.
            TaskFailed: it failed or was cancelled.
            NotFound: its result is no longer kept.
        """
        return self.endpoint.get(self.id)

    def wait(
        self,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait until it has ended, and tell how: also a failure is an end, and no exception.

        Args:
            timeout: Seconds to wait; None for as long as it takes.
            poll_interval: Seconds between looks; by default from 0.1 s, growing to 2 s.
            on_progress: Called with each status that differs from the one before.

        Raises:
            WaitTimeout: it had not ended in time; it goes on, and may be waited for again.
        """
        return self.endpoint.wait(self.id, timeout, poll_interval, on_progress)

    def retry(self) -> "Task":
        """Run it again with the same input, as a new task run."""
        return self.endpoint.retry(self.id)

    def cancel(self) -> None:
        """Ask for its end. `wait()` tells when it has stopped."""
        self.endpoint.cancel(self.id)


class Endpoint:
    """A task of the service. Calling it waits for the result; `submit` does not."""

    def __init__(self, task: TaskSchema, runner: SyncRunner) -> None:
        self._task = task
        self._runner = runner

    @property
    def name(self) -> str:
        """The task's name."""
        return self._task.name

    @property
    def description(self) -> str:
        """What the task says of itself; empty if nothing."""
        return self._task.description

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Submit, wait and get: the task's result.

        Raises:
            TaskFailed: the task failed or was cancelled.
        """
        task = self.submit(*args, **kwargs)
        task.wait()
        return task.get()

    def submit(self, /, *args: Any, **kwargs: Any) -> Task:
        """Begin a task run with the task's own arguments; comes back as soon as it is accepted.

        Raises:
            TypeError: the arguments do not fit the signature, or cannot be sent; nothing was.
            InvalidArgument: the server found a value that does not fit.
        """
        body = encode(self._task, bind(self._task, args, kwargs))
        return Task(self._runner.run(self._runner.conversation.submit(self._task, body)), self)

    def get_status(self, task_id: str) -> TaskStatus:
        """How far the task run of that id has come."""
        return self._runner.run(self._runner.conversation.status(self._task, task_id))

    def get(self, task_id: str) -> Any:
        """What the task run of that id returned; raises as `Task.get`."""
        return self._runner.run(self._runner.conversation.result(self._task, task_id))

    def wait(
        self,
        task_id: str,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait for the task run of that id, as `Task.wait`."""
        flow = self._runner.conversation.wait(
            self._task,
            task_id,
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
        )
        return self._runner.run(flow)

    def retry(self, task_id: str) -> Task:
        """Run the task run of that id again, as a new one."""
        return Task(self._runner.run(self._runner.conversation.retry(self._task, task_id)), self)

    def cancel(self, task_id: str) -> None:
        """Ask for the end of the task run of that id."""
        self._runner.run(self._runner.conversation.cancel(self._task, task_id))

    def __repr__(self) -> str:
        return f"<task {self._task.signature}>"


class SyncHTTPClient:
    """Calls the tasks of the service at `url`: `client.paint.submit(prompt="a hill")`.

    Threads may share a client. It asks the service for its tasks when one is first used. Results
    that are files live until the client is closed.

    Args:
        url: Where the service is, such as `http://localhost:3000`; a path in it is kept.
        token: Sent as `Authorization: Bearer`.
        timeout: Seconds to wait for the server in each step of a request; None for no limit.
        server_ready_timeout: Seconds to wait at first for a service that is not ready: `timeout` by
            default, 0 not to wait.
        headers: Sent with every request.
        transport: How httpx is to send requests, if not over the network.
        verify: False to accept any certificate, or a TLS context with authorities of your own.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        timeout: float | None = 30,
        server_ready_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.BaseTransport | None" = None,
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        requests = Requests(url)
        ready_timeout = timeout if server_ready_timeout is None else server_ready_timeout
        conversation = Conversation(requests, ready_timeout, time.monotonic, random.random)
        self._url = requests.base
        self._runner = SyncRunner(
            conversation, Connection(token, timeout, headers, verify), transport
        )

    def endpoint(self, name: str) -> Endpoint:
        """The task of that name, also one that is called like a method of the client.

        Raises:
            AttributeError: the service has no such task.
        """
        return Endpoint(self._runner.schema().task(name), self._runner)

    def __getattr__(self, name: str) -> Endpoint:
        if name.startswith("_"):
            # Python itself looks for such names (to copy, to show): no reason to go online.
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.endpoint(name)

    def __dir__(self) -> Iterable[str]:
        names = set(super().__dir__())
        with suppress(TaskyardError):
            names |= set(self._runner.schema().tasks)
        return names

    def close(self) -> None:
        """Close the connections and remove the files that results became."""
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"
