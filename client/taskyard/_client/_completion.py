"""Task runs in the order in which they end."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any, Never, overload

from taskyard._client._async_runner import AsyncRunner
from taskyard._client._async_task import AsyncTask
from taskyard._client._generics import R
from taskyard._client._sync_runner import SyncRunner
from taskyard._client._sync_task import Task


@overload
def as_completed(tasks: Iterable[Task[R]], timeout: float | None = None) -> Iterator[Task[R]]: ...


@overload
def as_completed(
    tasks: Iterable[AsyncTask[R]], timeout: float | None = None
) -> AsyncIterator[AsyncTask[R]]: ...


def as_completed(tasks: Iterable[Any], timeout: float | None = None) -> Any:
    """Give each of several task runs of one client as soon as it has ended, however that was.

    Thousands are looked after with a request now and then.

    Args:
        tasks: The runs; those of an `AsyncHTTPClient` are given to `async for`.
        timeout: Seconds to wait for all of them; None for as long as it takes.

    Raises:
        WaitTimeout: some had not ended in time; they go on.
    """
    listed = list(tasks)
    if not listed:
        return _Nothing()
    runner = listed[0].endpoint.runner
    if isinstance(runner, SyncRunner):
        return completed(runner, listed, timeout)
    return completed_async(runner, listed, timeout)


def completed(
    runner: SyncRunner, tasks: Iterable[Task[R]], timeout: float | None
) -> Iterator[Task[R]]:
    """The tasks as they end; they are of the service that `runner` reaches."""
    by_id = {task.id: task for task in tasks}
    if by_id:
        service = runner.schema()
        schemas = {task.id: service.past_task(task.endpoint.name) for task in by_id.values()}
        for task_id, _ in runner.tell(runner.conversation.completed(schemas, timeout)):
            yield by_id[task_id]


async def completed_async(
    runner: AsyncRunner,
    tasks: Iterable[AsyncTask[R]],
    timeout: float | None,  # noqa: ASYNC109 - asyncio.timeout() could not tell how many are left
) -> AsyncGenerator[AsyncTask[R], None]:
    """The same for an event loop."""
    by_id = {task.id: task for task in tasks}
    if by_id:
        service = await runner.schema()
        schemas = {task.id: service.past_task(task.endpoint.name) for task in by_id.values()}
        async with aclosing(runner.tell(runner.conversation.completed(schemas, timeout))) as told:
            async for task_id, _ in told:
                yield by_id[task_id]


class _Nothing:
    """No task at all, for either kind of loop."""

    def __iter__(self) -> Iterator[Never]:
        return iter(())

    def __aiter__(self) -> AsyncIterator[Never]:
        return self

    async def __anext__(self) -> Never:
        raise StopAsyncIteration
