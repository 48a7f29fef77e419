"""Between the runner and what a service is written with: `native` is ours, `bentoml` is BentoML's.

An adapter carries one task from its input to its result; the worker calls the methods in the order
in which they stand here, each once.
"""

from typing import Protocol

from taskyard._values.wire import Encoded
from taskyard_runtime.execution import Stop
from taskyard_runtime.protocol import Request


class LoadError(Exception):
    """The class or the task could not be had; the message is a sentence for the service's author.

    Its cause, if it has one, is the error that the service's own code raised.
    """


class ServiceTask(Protocol):
    """One task of a service class that was imported."""

    def read(self, request: Request, stop: Stop) -> None:
        """Make the arguments of the input, before anything is loaded that takes time.

        Raises:
            InvalidInput: the input does not fit the task's signature.
        """
        ...

    def build(self, stop: Stop) -> None:
        """Make an instance of the class, ready to be called.

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
        """Let go of the instance, once the result is stored and the outcome told."""
        ...
