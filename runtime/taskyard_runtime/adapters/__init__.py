"""Between the runner and what a service is written with: `native` is ours, `bentoml` is BentoML's.

An adapter carries tasks from their input to their result. What is built for the first of a worker serves
those after it.
"""

from typing import Protocol

from taskyard._values.wire import Encoded
from taskyard_runtime.execution import Stop
from taskyard_runtime.protocol import Request


class LoadError(Exception):
    """The class or the task could not be had; the message is a sentence for the service's author.

    Its cause, if it has one, is the error that the service's own code raised.
    """


class Service(Protocol):
    """A service class that was imported."""

    def task(self, name: str) -> "ServiceTask":
        """One call of a task.

        Raises:
            LoadError: there is no such task.
        """
        ...

    def close(self) -> None:
        """Let go of the instance: the process ends."""
        ...


class ServiceTask(Protocol):
    """One call of a task. The runner calls the methods in the order in which they stand here, each once."""

    def read(self, request: Request, stop: Stop) -> None:
        """Make the arguments of the input, before anything is loaded that takes time.

        Raises:
            InvalidInput: the input does not fit the task's signature.
        """
        ...

    def build(self, stop: Stop) -> None:
        """Make an instance of the class, ready to be called, unless there is one from a call before.

        Raises:
            LoadError: the class's own code raised.
        """
        ...

    def call(self, stop: Stop) -> Encoded:
        """Run the task; what it raises passes through.

        Raises:
            InvalidResult: what it returned does not fit its annotation.
        """
        ...

    def close(self) -> None:
        """Let go of the call, once the result is stored and the outcome told."""
        ...
