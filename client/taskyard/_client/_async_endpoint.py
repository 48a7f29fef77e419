"""`AsyncEndpoint`: a task of a service, as the asynchronous client calls it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Generic, ParamSpec, TypeVar

from taskyard._client._async_runner import AsyncRunner
from taskyard._client._async_task import AsyncTask
from taskyard._client._commands import Flow, Telling
from taskyard._client._conversation import Ask, Conversation, OnProgress
from taskyard._client._generics import P, R
from taskyard._client._schema import TaskSchema
from taskyard._client._status import TaskStatus

Q = ParamSpec("Q")
T = TypeVar("T")


class AsyncEndpoint(Generic[P, R]):
    """A task of the service. Calling it waits for the result; `submit` does not.

    Whether the service has such a task is asked at the first call, if the client does not know yet.
    """

    def __init__(self, name: str, runner: AsyncRunner) -> None:
        self.name = name
        self.runner = runner

    async def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Submit, wait and get: the task's result.

        Raises:
            TaskFailed: the task failed or was cancelled.
        """
        task = await self.submit(*args, **kwargs)
        return await task.result()

    async def submit(self, /, *args: P.args, **kwargs: P.kwargs) -> AsyncTask[R]:
        """Begin a task run with the task's own arguments; comes back as soon as it is accepted.

        Raises:
            TypeError: the arguments do not fit the signature, or cannot be sent; nothing was.
            InvalidArgument: the server found a value that does not fit.
        """
        return self.task(await self.run(Conversation.submit, args, kwargs))

    def task(self, task_id: str) -> AsyncTask[R]:
        """The task run of that id, as it was submitted before. Asks nobody."""
        return AsyncTask(task_id, self)

    async def get_status(self, task_id: str) -> TaskStatus:
        """How far the task run of that id has come."""
        return await self.task(task_id).get_status()

    async def get(self, task_id: str) -> R:
        """What the task run of that id returned; raises as `AsyncTask.get`."""
        return await self.task(task_id).get()

    async def wait(
        self,
        task_id: str,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.timeout() could not tell the last status
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait for the task run of that id, as `AsyncTask.wait`."""
        return await self.task(task_id).wait(timeout, poll_interval, on_progress)

    async def retry(self, task_id: str) -> AsyncTask[R]:
        """Run the task run of that id again, as a new one."""
        return await self.task(task_id).retry()

    async def cancel(self, task_id: str) -> None:
        """Ask for the end of the task run of that id."""
        await self.task(task_id).cancel()

    async def run(self, ask: "Ask[Q, Flow[T]]", /, *args: Q.args, **kwargs: Q.kwargs) -> T:
        """Hold a conversation about this task."""
        schema = await self._schema()
        return await self.runner.run(ask(self.runner.conversation, schema, *args, **kwargs))

    async def tell(
        self, ask: "Ask[Q, Telling[T]]", /, *args: Q.args, **kwargs: Q.kwargs
    ) -> AsyncGenerator[T, None]:
        """Hold a conversation about this task that tells one thing after another."""
        telling = ask(self.runner.conversation, await self._schema(), *args, **kwargs)
        async with aclosing(self.runner.tell(telling)) as told:
            async for item in told:
                yield item

    async def _schema(self) -> TaskSchema:
        return (await self.runner.schema()).task(self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AsyncEndpoint):
            return NotImplemented
        return (self.name, self.runner.settings) == (other.name, other.runner.settings)

    def __hash__(self) -> int:
        return hash((self.name, self.runner.settings.url))

    def __repr__(self) -> str:
        known = self.runner.known
        return f"<task {known.task(self.name).signature if known else self.name}>"
