"""A call of a task in this process, whatever its service is written with."""

from collections.abc import Callable, Sequence
from typing import Any

from taskyard._client._schema import TaskSchema
from taskyard._current_task import CurrentTask
from taskyard._values.wire import Encoded
from taskyard.cli._arguments import arguments_of
from taskyard.cli._exits import WrongCall

Call = Callable[[CurrentTask], Encoded]
"""Calls the task, which is the current one meanwhile: what it returns.

What the task raises passes through; `InvalidInput`, `InvalidResult` and `WrongCall` are ours.
"""


def given_here(task: TaskSchema, words: Sequence[str]) -> dict[str, Any]:
    """The arguments by name, where there is a debugger.

    Raises:
        WrongCall: a word does not fit, or asks for standard input.
        OSError: a file cannot be read.
    """
    given = arguments_of(task, words)
    for value in given.values():
        if any(hasattr(one, "read") for one in (value if isinstance(value, list) else [value])):
            raise WrongCall("standard input is the debugger's here; give the file by its name")
    return given
