"""`AsyncEndpoint`: a task of a service, as the asynchronous client calls it."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Generic, ParamSpec, TypeVar

from taskyard._client._async_runner import AsyncRunner
from taskyard._client._async_task import AsyncTask
from taskyard._client._commands import Flow, Telling
from taskyard._client._conversation import Ask, Conversation, OnProgress
from taskyard._client._generics import P, R
from taskyard._client._mapping import MapProgress
from taskyard._client._options import NO_OPTIONS, Options
from taskyard._client._schema import TaskSchema
from taskyard._client._status import TaskStatus

Q = ParamSpec("Q")
T = TypeVar("T")


class AsyncEndpoint(Generic[P, R]):
    """A task of the service. Calling it waits for the result; `submit` does not.

    Whether the service has such a task is asked at the first call, if the client does not know yet.
    """

    def __init__(
        self,
        name: str,
        runner: AsyncRunner,
        options: Options = NO_OPTIONS,
        returned: Any = Any,
        known: TaskSchema | None = None,
    ) -> None:
        self.name = name
        self.runner = runner
        self._options = options
        self._returned = returned
        self._known = known

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
        return self.task(await self.run(Conversation.submit, args, kwargs, self._options))

    async def submit_many(self, inputs: Iterable[Any]) -> list[AsyncTask[R]]:
        """Begin many task runs, some at the same time; in the order of the inputs.

        Args:
            inputs: For each run a mapping of arguments by name, a tuple of arguments in order, or
                the only argument.

        Raises:
            TypeError: the arguments of one do not fit the signature, or several have one open file;
                nothing was sent.
            TaskyardError: one was not accepted; a note tells the ids of those that were.
        """
        ids = await self.run(Conversation.submit_many, inputs, self._options)
        return [self.task(task_id) for task_id in ids]

    def map(
        self,
        inputs: Iterable[Any],
        *,
        concurrency: int = 100,
        window: int | None = None,
        return_exceptions: bool = False,
        on_progress: Callable[[MapProgress], object] | None = None,
        progress_bar: bool = False,
    ) -> AsyncGenerator[R, None]:
        """Call the task for each input, and give the results in the order of the inputs.

        Inputs are submitted as results are taken, from the first one on. What was submitted goes on
        if you stop taking them.

        Args:
            inputs: As for `submit_many`; taken one by one as there is room, so there may be no end.
            concurrency: How many runs may be under way at the same time.
            window: How many runs may be submitted whose results you have not got yet: those that end
                wait for a slower one before them. 10 times `concurrency` by default.
            return_exceptions: Whether to give an exception in place of the result of what failed,
                instead of raising it.
            on_progress: Called (not awaited) whenever runs were submitted or have ended.
            progress_bar: Whether to show a bar, if rich or tqdm is installed.

        Raises:
            TaskFailed: a task failed or was cancelled, unless exceptions are given.
        """
        return self.tell(
            Conversation.map,
            inputs,
            self._options,
            concurrency,
            window,
            return_exceptions,
            on_progress,
            progress_bar,
        )

    def options(
        self,
        *,
        priority: int | None = None,
        labels: Mapping[str, str] | None = None,
        queue_deadline: int | None = None,
        start_deadline: int | None = None,
        run_deadline: int | None = None,
        callback: str | None = None,
        callback_states: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> "AsyncEndpoint[P, R]":
        """The same task with options: `await client.paint.options(priority=5).submit("a hill")`.

        Each submit has a key by which the server knows it again, so that it is repeated safely.

        Args:
            priority: Of tasks that wait for a place, the higher goes first.
            labels: To find it again: `client.tasks(labels=...)`.
            queue_deadline: Longest wait for a place, in seconds.
            start_deadline: Longest start of an attempt, in seconds.
            run_deadline: Longest run of an attempt, in seconds.
            callback: A URL that is told of the end.
            callback_states: The phases that it is told of, such as `Failed`.
            idempotency_key: A key of your own, of this one submit: whoever submits the same with
                it again, also later and elsewhere, gets the same task.
        """
        options = Options(
            priority, labels or {}, queue_deadline, start_deadline, run_deadline,
            callback, tuple(callback_states), idempotency_key,
        )  # fmt: skip
        return AsyncEndpoint(self.name, self.runner, options, self._returned, self._known)

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
        schema = self._known or (await self.runner.schema()).task(self.name)
        return replace(schema, returned=self._returned)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AsyncEndpoint):
            return NotImplemented
        return (self.name, self.runner.settings) == (other.name, other.runner.settings)

    def __hash__(self) -> int:
        return hash((self.name, self.runner.settings.url))

    def __repr__(self) -> str:
        known = self.runner.known
        return f"<task {known.task(self.name).signature if known else self.name}>"
