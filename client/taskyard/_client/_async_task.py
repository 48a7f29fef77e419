"""`AsyncTask`: one task run, as the asynchronous client sees it."""

from collections.abc import AsyncIterator, Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from taskyard._client._conversation import Conversation, OnProgress
from taskyard._client._events import Event
from taskyard._client._generics import R
from taskyard._client._status import Attempt, Progress, TaskStatus

if TYPE_CHECKING:
    from taskyard._client._async_endpoint import AsyncEndpoint


@dataclass(frozen=True)
class AsyncTask(Generic[R]):
    """One task run. All about it is asked from the server, so its `id` is all there is to keep.

    It may be pickled, with all that its client was told to reach the server by.

    Attributes:
        id: What the server knows it by.
        endpoint: The task that it is a run of.
        seen: What was told of it by the list that it comes from; None where it comes from none.
    """

    id: str
    endpoint: "AsyncEndpoint[..., R]" = field(repr=False)
    seen: TaskStatus | None = field(default=None, compare=False, repr=False)

    async def get_status(self) -> TaskStatus:
        """How far it has come."""
        return await self.endpoint.run(Conversation.status, self.id)

    async def get(self) -> R:
        """What the task returned.

        Raises:
            TaskNotFinished: it has not ended; `wait()` first.
            TaskFailed: it failed or was cancelled.
            NotFound: its result is no longer kept.
        """
        result: R = await self.endpoint.run(Conversation.result, self.id)
        return result

    async def wait(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.timeout() could not tell the last status
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
        *,
        progress_bar: bool = False,
    ) -> TaskStatus:
        """Wait until it has ended, and tell how: also a failure is an end, and no exception.

        Args:
            timeout: Seconds to wait; None for as long as it takes.
            poll_interval: Seconds between looks. By default as needed: a server with Taskyard's own
                API answers when the task ends; others are asked after 0.1 s, growing to 2 s.
            on_progress: Called (not awaited) with each status that differs from the one before.
            progress_bar: Whether to show a bar, if rich or tqdm is installed.

        Raises:
            WaitTimeout: it had not ended in time; it goes on, and may be waited for again.
        """
        return await self.endpoint.run(
            Conversation.wait, self.id, timeout, poll_interval, on_progress, progress_bar
        )

    async def result(self, timeout: float | None = None) -> R:  # noqa: ASYNC109 - as above
        """Wait until it has ended, and get what it returned.

        Args:
            timeout: Seconds to wait; None for as long as it takes.

        Raises:
            WaitTimeout: it had not ended in time; it goes on.
            TaskFailed: it failed or was cancelled.
            NotFound: its result is no longer kept.
        """
        await self.wait(timeout)
        return await self.get()

    async def retry(self) -> "AsyncTask[R]":
        """Run it again with the same input, as a new task run."""
        return self.endpoint.task(await self.endpoint.run(Conversation.retry, self.id))

    async def cancel(
        self,
        *,
        wait: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> None:
        """Ask for its end.

        Args:
            wait: Whether to come back only when it has stopped, and holds no GPU any more.
            timeout: Seconds to wait for that; None for as long as it takes.

        Raises:
            WaitTimeout: it had not stopped in time.
        """
        await self.endpoint.run(Conversation.cancel, self.id)
        if wait:
            await self.wait(timeout)

    async def delete(self) -> None:
        """Remove it, with its result, its input and its log: it must have ended.

        Raises:
            TaskNotFinished: it has not; `cancel(wait=True)` first.
            NotFound: there is no such task any more.
            Unsupported: the server has no API of Taskyard's own.
        """
        await self.endpoint.run(Conversation.delete, self.id)

    def __await__(self) -> Generator[Any, Any, R]:
        """`await task` is `await task.result()`."""
        return self.result().__await__()

    @property
    async def progress(self) -> Progress | None:
        """What the task last said of itself, if it did: `await task.progress` asks the server."""
        return (await self.get_status()).progress

    @property
    async def attempts(self) -> Sequence[Attempt]:
        """All attempts so far, and how each ended: `await task.attempts` asks the server.

        Raises:
            Unsupported: the server has no API of Taskyard's own.
        """
        return (await self.endpoint.run(Conversation.document, self.id)).attempts

    def events(self, *, after: str | None = None, only: Sequence[str] = ()) -> AsyncIterator[Event]:
        """What becomes of it, as it does, to its end: phases, progress, outputs, log and `end`.

        A lost connection is made again, and nothing is lost or told twice.

        Args:
            after: The id of an event, to go on behind it.
            only: The kinds of events to tell; the end is told in any case.

        Raises:
            NotFound: there is no such task, or it was deleted meanwhile.
            Unsupported: the server has no API of Taskyard's own.
        """
        return self.endpoint.tell(Conversation.events, self.id, after, only)

    @overload
    def logs(
        self, *, attempt: int | None = None, tail: int | None = None, follow: Literal[False] = False
    ) -> Coroutine[Any, Any, str]: ...

    @overload
    def logs(self, *, attempt: int | None = None, follow: Literal[True]) -> AsyncIterator[str]: ...

    def logs(
        self, *, attempt: int | None = None, tail: int | None = None, follow: bool = False
    ) -> Any:
        """What it has printed so far, to be awaited; or with `follow` its lines as they come, to the end.

        Args:
            attempt: Of which attempt; by default the newest, and all of them with `follow`.
            tail: Only so many of the last lines; not with `follow`.
            follow: Whether to go on as it grows.

        Raises:
            NotFound: there is no such task or attempt, or it has left no log.
            Unsupported: the server has no API of Taskyard's own.
        """
        if follow:
            return self.endpoint.tell(Conversation.log_lines, self.id, attempt)
        return self.endpoint.run(Conversation.log, self.id, attempt, tail)
