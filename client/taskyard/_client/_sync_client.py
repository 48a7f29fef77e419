"""`SyncHTTPClient`: the blocking client."""

import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, overload

from taskyard._client._completion import completed
from taskyard._client._filters import Filters
from taskyard._client._generics import (
    AsyncMethod,
    GeneratorMethod,
    IteratorMethod,
    Method,
    P,
    R,
    T,
)
from taskyard._client._settings import Settings
from taskyard._client._sync_endpoint import Endpoint
from taskyard._client._sync_runner import SyncRunner
from taskyard._client._sync_task import Task
from taskyard._errors import TaskyardError
from taskyard._service import definition_of_task

if TYPE_CHECKING:
    import httpx


class SyncHTTPClient:
    """Calls the tasks of the service at `url`: `client.paint.submit(prompt="a hill")`.

    Threads may share a client, and a forked child may use that of its parent: it makes connections
    of its own. A client asks the service for its tasks when one is first used. Results that are
    files live until the client is closed.

    Args:
        url: Where the service is, such as `http://localhost:3000`; a path in it is kept.
        token: Sent as `Authorization: Bearer`.
        token_file: A file that holds the token, read anew for every request.
        timeout: Seconds to wait for the server in each step of a request; None for no limit.
        server_ready_timeout: Seconds to wait at first for a service that is not ready: `timeout` by
            default, 0 not to wait.
        headers: Sent with every request.
        transport: How httpx is to send requests, if not over the network.
        verify: False to accept any certificate, the path of a file with authorities of your own, or
            a TLS context.
        proxy: The address of a proxy; by default that of HTTPS_PROXY and its like, if set.
        max_connections: Connections at the same time; calls beyond that wait for one.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        token_file: str | Path | None = None,
        timeout: float | None = 30,
        server_ready_timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        transport: "httpx.BaseTransport | None" = None,
        verify: bool | str | Path | ssl.SSLContext = True,
        proxy: str | None = None,
        max_connections: int = 100,
    ) -> None:
        settings = Settings(
            url, token, token_file, timeout, server_ready_timeout, headers or {}, verify, proxy,
            max_connections,
        )  # fmt: skip
        self._runner = SyncRunner(settings, transport)

    @overload
    def endpoint(self, task: str) -> Endpoint[..., Any]: ...

    @overload
    def endpoint(self, task: AsyncMethod[P, T]) -> Endpoint[P, T]: ...

    @overload
    def endpoint(self, task: GeneratorMethod[P, T]) -> Endpoint[P, T]: ...  # type: ignore[overload-overlap]

    @overload
    def endpoint(self, task: IteratorMethod[P]) -> Endpoint[P, None]: ...

    @overload
    def endpoint(self, task: Method[P, T]) -> Endpoint[P, T]: ...

    def endpoint(self, task: Any) -> Any:
        """A task by its name, also by one that a method of the client has; or by its method.

        `client.endpoint(Studio.paint)` knows the types: type checkers see what `submit` takes and
        what `result` gives, and JSON results become what the method is annotated with.

        Raises:
            AttributeError: the service has no such task.
            TypeError: the method is no task of a service.
        """
        if isinstance(task, str):
            return Endpoint(self._runner.schema().task(task), self._runner)
        definition = definition_of_task(task)
        schema = self._runner.schema().task(definition.name)
        return Endpoint(replace(schema, returned=definition.signature.returned), self._runner)

    def task(self, task_id: str) -> Task[Any]:
        """The task run of that id; asks the server of which task it is.

        Raises:
            NotFound: there is none, or it is one of another service.
            Unsupported: the server has no API of Taskyard's own: `client.paint.task(id)` needs none.
        """
        service = self._runner.schema()
        schema = self._runner.run(self._runner.conversation.find(service, task_id))
        return Endpoint[..., Any](schema, self._runner).task(task_id)

    def tasks(
        self,
        *,
        task: str | None = None,
        phase: str | Sequence[str] = (),
        reason: str | None = None,
        labels: Mapping[str, str] | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Iterator[Task[Any]]:
        """The task runs of the service, newest first; each has in `seen` what the list told of it.

        Those that ended long ago are in it for as long as anything is kept of them.

        Args:
            task: Only those of this task.
            phase: Only those in this phase, such as `Running`, or in one of several.
            reason: Only those with this reason, such as `OutOfMemory`.
            labels: Only those that have all of these labels.
            created_after: Only those that were submitted then or later.
            created_before: Only those that were submitted earlier.

        Raises:
            Unsupported: the server has no API of Taskyard's own.
        """
        filters = Filters.of(task, phase, reason, labels, created_after, created_before)
        service = self._runner.schema()
        telling = self._runner.conversation.tasks(service, filters)
        for status in self._runner.tell(telling):
            endpoint = Endpoint[..., Any](service.past_task(status.task), self._runner)
            yield Task(status.task_id, endpoint, status)

    def cancel_tasks(
        self,
        *,
        task: str | None = None,
        phase: str | Sequence[str] = (),
        reason: str | None = None,
        labels: Mapping[str, str] | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> list[str]:
        """Ask for the end of all task runs of the service that fit: the ids of those that had not ended.

        The arguments are those of `tasks`.

        Raises:
            ValueError: none is given.
            Unsupported: the server has no API of Taskyard's own.
        """
        filters = Filters.of(task, phase, reason, labels, created_after, created_before)
        service = self._runner.schema()
        return self._runner.run(self._runner.conversation.cancel_many(service, filters))

    def as_completed(
        self, tasks: Iterable[Task[R]], timeout: float | None = None
    ) -> Iterator[Task[R]]:
        """Give each of the task runs as soon as it has ended, however that was.

        Thousands are looked after with a request now and then.

        Args:
            tasks: Runs of this client.
            timeout: Seconds to wait for all of them; None for as long as it takes.

        Raises:
            WaitTimeout: some had not ended in time; they go on.
        """
        return completed(self._runner, tasks, timeout)

    def __getattr__(self, name: str) -> Endpoint[..., Any]:
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
        return f"{type(self).__name__}({self._runner.settings.url.rstrip('/')!r})"
