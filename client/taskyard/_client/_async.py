"""The asynchronous client: `AsyncHTTPClient`, the tasks it offers, and their task runs."""

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from taskyard._client._async_runner import AsyncRunner
from taskyard._client._binding import bind
from taskyard._client._conversation import Conversation
from taskyard._client._encoding import encode
from taskyard._client._http import Connection
from taskyard._client._protocol import Requests
from taskyard._client._schema import TaskSchema
from taskyard._client._status import TaskStatus

if TYPE_CHECKING:
    import httpx

OnProgress = Callable[[TaskStatus], object]


@dataclass(frozen=True)
class AsyncTask:
    """One task run. All about it is asked from the server, so its `id` is all there is to keep."""

    id: str
    endpoint: "AsyncEndpoint" = field(repr=False)

    async def get_status(self) -> TaskStatus:
        """How far it has come."""
        return await self.endpoint.get_status(self.id)

    async def get(self) -> Any:
        """What the task returned.

        Raises:
            TaskNotFinished: it has not ended; `wait()` first.
            TaskFailed: it failed or was cancelled.
            NotFound: its result is no longer kept.
        """
        return await self.endpoint.get(self.id)

    async def wait(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.timeout() could not tell the last status
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait until it has ended, and tell how: also a failure is an end, and no exception.

        Args:
            timeout: Seconds to wait; None for as long as it takes.
            poll_interval: Seconds between looks; by default from 0.1 s, growing to 2 s.
            on_progress: Called (not awaited) with each status that differs from the one before.

        Raises:
            WaitTimeout: it had not ended in time; it goes on, and may be waited for again.
        """
        return await self.endpoint.wait(self.id, timeout, poll_interval, on_progress)

    async def retry(self) -> "AsyncTask":
        """Run it again with the same input, as a new task run."""
        return await self.endpoint.retry(self.id)

    async def cancel(self) -> None:
        """Ask for its end. `wait()` tells when it has stopped."""
        await self.endpoint.cancel(self.id)


class AsyncEndpoint:
    """A task of the service. Calling it waits for the result; `submit` does not.

    Whether the service has such a task is asked at the first call, if the client does not know yet.
    """

    def __init__(self, name: str, runner: AsyncRunner) -> None:
        self.name = name
        self._runner = runner

    async def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Submit, wait and get: the task's result.

        Raises:
            TaskFailed: the task failed or was cancelled.
        """
        task = await self.submit(*args, **kwargs)
        await task.wait()
        return await task.get()

    async def submit(self, /, *args: Any, **kwargs: Any) -> AsyncTask:
        """Begin a task run with the task's own arguments; comes back as soon as it is accepted.

        Raises:
            TypeError: the arguments do not fit the signature, or cannot be sent; nothing was.
            InvalidArgument: the server found a value that does not fit.
        """
        task = await self._schema()
        # In a thread: files are looked at, and pictures compressed.
        body = await asyncio.to_thread(encode, task, bind(task, args, kwargs))
        return AsyncTask(await self._runner.run(self._runner.conversation.submit(task, body)), self)

    async def get_status(self, task_id: str) -> TaskStatus:
        """How far the task run of that id has come."""
        task = await self._schema()
        return await self._runner.run(self._runner.conversation.status(task, task_id))

    async def get(self, task_id: str) -> Any:
        """What the task run of that id returned; raises as `AsyncTask.get`."""
        task = await self._schema()
        return await self._runner.run(self._runner.conversation.result(task, task_id))

    async def wait(
        self,
        task_id: str,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.timeout() could not tell the last status
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait for the task run of that id, as `AsyncTask.wait`."""
        flow = self._runner.conversation.wait(
            await self._schema(),
            task_id,
            timeout=timeout,
            poll_interval=poll_interval,
            on_progress=on_progress,
        )
        return await self._runner.run(flow)

    async def retry(self, task_id: str) -> AsyncTask:
        """Run the task run of that id again, as a new one."""
        task = await self._schema()
        return AsyncTask(
            await self._runner.run(self._runner.conversation.retry(task, task_id)), self
        )

    async def cancel(self, task_id: str) -> None:
        """Ask for the end of the task run of that id."""
        task = await self._schema()
        await self._runner.run(self._runner.conversation.cancel(task, task_id))

    async def _schema(self) -> TaskSchema:
        return (await self._runner.schema()).task(self.name)

    def __repr__(self) -> str:
        known = self._runner.known
        return f"<task {known.task(self.name).signature if known else self.name}>"


class AsyncHTTPClient:
    """Calls the tasks of the service at `url`: `await client.paint.submit(prompt="a hill")`.

    As a context manager it asks the service for its tasks on entering; without, when one is first
    called. Results that are files live until the client is closed. Use it in one event loop only.

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
        transport: "httpx.AsyncBaseTransport | None" = None,
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        requests = Requests(url)
        ready_timeout = timeout if server_ready_timeout is None else server_ready_timeout
        conversation = Conversation(requests, ready_timeout, time.monotonic, random.random)
        self._url = requests.base
        self._runner = AsyncRunner(
            conversation, Connection(token, timeout, headers, verify), transport
        )

    def endpoint(self, name: str) -> AsyncEndpoint:
        """The task of that name, also one that is called like a method of the client.

        Raises:
            AttributeError: the service is known to have no such task.
        """
        if self._runner.known:
            self._runner.known.task(name)
        return AsyncEndpoint(name, self._runner)

    def __getattr__(self, name: str) -> AsyncEndpoint:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.endpoint(name)

    def __dir__(self) -> Iterable[str]:
        known = self._runner.known
        return set(super().__dir__()) | set(known.tasks if known else ())

    async def close(self) -> None:
        """Close the connections and remove the files that results became."""
        await self._runner.close()

    async def __aenter__(self) -> Self:
        try:
            await self._runner.schema()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"
