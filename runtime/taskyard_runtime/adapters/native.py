"""Services written with `@taskyard.service`."""

from typing import Any

from taskyard._current_task import TaskCancelled, current_task
from taskyard._service import definition_of
from taskyard._values.wire import Encoded
from taskyard_runtime.adapters import LoadError
from taskyard_runtime.execution import Stop, call
from taskyard_runtime.inputs import read_input
from taskyard_runtime.protocol import Request


class NativeTask:
    """A method of a class decorated with `@taskyard.service`.

    Raises:
        LoadError: the class is no service, or has no such task.
    """

    def __init__(self, cls: type, name: str) -> None:
        try:
            tasks = definition_of(cls).tasks
        except TypeError as error:
            raise LoadError(str(error)) from None
        if name not in tasks:
            raise LoadError(
                f"{cls.__name__} has no task {name!r}; its tasks are: {', '.join(tasks)}"
            )
        self._cls = cls
        self._definition = tasks[name]
        self._arguments: dict[str, Any] = {}
        self._instance: Any = None

    def read(self, request: Request, stop: Stop) -> None:
        """Decode the arguments by the method's signature."""
        given = read_input(request.body, request.content_type, request.files)
        self._arguments = self._definition.signature.decode(given)

    def build(self, stop: Stop) -> None:
        """Call the class, which takes no arguments."""
        try:
            self._instance = self._cls()
        except TaskCancelled:
            raise
        except BaseException as error:
            raise LoadError(f"{self._cls.__name__} could not be built") from error

    def call(self, stop: Stop) -> Encoded:
        """Call the method, sync or async, give away what it yields, and encode what it returns."""
        function = self._definition.function
        value = call(function, self._instance, self._arguments, stop, self._give)
        return self._definition.signature.encode(value)

    def close(self) -> None:
        """Nothing: the process ends."""

    def _give(self, value: Any) -> None:
        current_task().hand_on(self._definition.signature.encode_output(value))
