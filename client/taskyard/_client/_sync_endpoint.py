"""`Endpoint`: a task of a service, as the blocking client calls it."""

from collections.abc import Iterator
from typing import Generic, ParamSpec, TypeVar

from taskyard._client._commands import Flow, Telling
from taskyard._client._conversation import Ask, Conversation, OnProgress
from taskyard._client._generics import P, R
from taskyard._client._schema import TaskSchema
from taskyard._client._status import TaskStatus
from taskyard._client._sync_runner import SyncRunner
from taskyard._client._sync_task import Task

Q = ParamSpec("Q")
T = TypeVar("T")


class Endpoint(Generic[P, R]):
    """A task of the service. Calling it waits for the result; `submit` does not."""

    def __init__(self, schema: TaskSchema, runner: SyncRunner) -> None:
        self.schema = schema
        self.runner = runner

    @property
    def name(self) -> str:
        """The task's name."""
        return self.schema.name

    @property
    def description(self) -> str:
        """What the task says of itself; empty if nothing."""
        return self.schema.description

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Submit, wait and get: the task's result.

        Raises:
            TaskFailed: the task failed or was cancelled.
        """
        return self.submit(*args, **kwargs).result()

    def submit(self, /, *args: P.args, **kwargs: P.kwargs) -> Task[R]:
        """Begin a task run with the task's own arguments; comes back as soon as it is accepted.

        Raises:
            TypeError: the arguments do not fit the signature, or cannot be sent; nothing was.
            InvalidArgument: the server found a value that does not fit.
        """
        return self.task(self.run(Conversation.submit, args, kwargs))

    def task(self, task_id: str) -> Task[R]:
        """The task run of that id, as it was submitted before. Asks nobody."""
        return Task(task_id, self)

    def get_status(self, task_id: str) -> TaskStatus:
        """How far the task run of that id has come."""
        return self.task(task_id).get_status()

    def get(self, task_id: str) -> R:
        """What the task run of that id returned; raises as `Task.get`."""
        return self.task(task_id).get()

    def wait(
        self,
        task_id: str,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> TaskStatus:
        """Wait for the task run of that id, as `Task.wait`."""
        return self.task(task_id).wait(timeout, poll_interval, on_progress)

    def retry(self, task_id: str) -> Task[R]:
        """Run the task run of that id again, as a new one."""
        return self.task(task_id).retry()

    def cancel(self, task_id: str) -> None:
        """Ask for the end of the task run of that id."""
        self.task(task_id).cancel()

    def run(self, ask: "Ask[Q, Flow[T]]", /, *args: Q.args, **kwargs: Q.kwargs) -> T:
        """Hold a conversation about this task."""
        return self.runner.run(ask(self.runner.conversation, self.schema, *args, **kwargs))

    def tell(self, ask: "Ask[Q, Telling[T]]", /, *args: Q.args, **kwargs: Q.kwargs) -> Iterator[T]:
        """Hold a conversation about this task that tells one thing after another."""
        return self.runner.tell(ask(self.runner.conversation, self.schema, *args, **kwargs))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Endpoint):
            return NotImplemented
        return (self.name, self.runner.settings) == (other.name, other.runner.settings)

    def __hash__(self) -> int:
        return hash((self.name, self.runner.settings.url))

    def __repr__(self) -> str:
        return f"<task {self.schema.signature}>"
