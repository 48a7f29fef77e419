"""Services written with `@taskyard.service`."""

from contextvars import copy_context
from typing import Any

from taskyard._current_task import TaskCancelled, current_task
from taskyard._service import TaskDefinition, definition_of
from taskyard._values.wire import Encoded
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.execution import Stop, call
from taskyard_runtime.inputs import read_input
from taskyard_runtime.protocol import Request


class NativeService:
    """A class decorated with `@taskyard.service`.

    Raises:
        LoadError: the class is no service.
    """

    def __init__(self, cls: type) -> None:
        try:
            self._tasks = definition_of(cls).tasks
        except TypeError as error:
            raise LoadError(str(error)) from None
        self._cls = cls
        self._instance: Any = None

    def task(self, name: str) -> "NativeTask":
        """One call of a method that is marked with `@taskyard.task`."""
        if name not in self._tasks:
            raise LoadError(
                f"{self._cls.__name__} has no task {name!r}; its tasks are: {', '.join(self._tasks)}"
            )
        return NativeTask(self, self._tasks[name])

    def instance(self) -> Any:
        """The instance: the class is called once, and takes no arguments."""
        if self._instance is None:
            try:
                self._instance = self._cls()
            except TaskCancelled:
                raise
            except BaseException as error:
                raise LoadError(f"{self._cls.__name__} could not be built") from error
        return self._instance

    def close(self) -> None:
        """Nothing: the process ends."""


class NativeTask:
    """One call of a task."""

    def __init__(self, service: NativeService, definition: TaskDefinition) -> None:
        self._service = service
        self._definition = definition
        self._arguments: dict[str, Any] = {}

    def read(self, request: Request, stop: Stop) -> None:
        """Decode the arguments by the method's signature."""
        given = read_input(request.body, request.content_type, request.files)
        self._arguments = self._definition.signature.decode(given)

    def build(self, stop: Stop) -> None:
        """Have the instance built."""
        self._service.instance()

    def call(self, stop: Stop) -> Encoded:
        """Call the method, sync or async, give away what it yields, and encode what it returns."""
        function, instance = self._definition.function, self._service.instance()
        # In a context of its own: a precision of decimals, say, is not there for the next task.
        value = copy_context().run(call, function, instance, self._arguments, stop, self._give)
        return self._definition.signature.encode(value)

    def close(self) -> None:
        """Nothing: what is left of the call goes with this object."""

    def _give(self, value: Any) -> None:
        current_task().hand_on(self._definition.signature.encode_output(value))
