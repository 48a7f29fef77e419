"""`taskyard run` for a service of ours: its method is called, and nothing between."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from taskyard._client._schema import read_task
from taskyard._current_task import CurrentTask
from taskyard._service import ServiceDefinition, TaskDefinition
from taskyard._values.wire import Encoded, FilePart, InvalidInput, JsonValue, Part
from taskyard.cli._calls import Call, given_here
from taskyard.cli._exits import WrongCall


def prepared(
    service: ServiceDefinition, name: str, words: Sequence[str]
) -> AbstractContextManager[Call]:
    """A task of the service with its arguments; files are named from the current folder.

    Raises:
        WrongCall: the arguments do not fit.
    """
    task = service.tasks[name]
    arguments = _arguments(task, words)

    def call(current: CurrentTask) -> Encoded:
        value = _returned(
            task.function(service.cls(), **arguments),
            lambda output: current.hand_on(task.signature.encode_output(output)),
        )
        return task.signature.encode(value)

    return nullcontext(call)


def _arguments(task: TaskDefinition, words: Sequence[str]) -> Mapping[str, Any]:
    schema = read_task({"name": task.name, "route": task.route, "input": task.input_schema()})
    given = given_here(schema, words)
    known = {parameter.name for parameter in schema.parameters}
    if unknown := [name for name in given if name not in known]:
        raise WrongCall(f"unknown {', '.join(unknown)}; the task is {schema.signature}")
    try:
        return task.signature.decode({name: _parts(value) for name, value in given.items()})
    except InvalidInput as error:
        raise WrongCall(str(error)) from error


def _parts(value: Any) -> list[Part]:
    if isinstance(value, list) and any(isinstance(item, Path) for item in value):
        return [FilePart(_there(path)) for path in value]
    return [FilePart(_there(value)) if isinstance(value, Path) else JsonValue(value)]


def _there(path: Path) -> Path:
    if not path.is_file():
        raise WrongCall(f"there is no file {path}")
    return path.absolute()


def _returned(value: Any, give: Callable[[Any], None]) -> Any:
    """What a task returns, once all that it yields is given away."""
    if inspect.isasyncgen(value):
        value = _given_away(value, give)
    if inspect.iscoroutine(value):
        return asyncio.run(value)
    if not inspect.isgenerator(value):
        return value
    while True:
        try:
            give(next(value))
        except StopIteration as end:
            return end.value


async def _given_away(values: AsyncIterator[Any], give: Callable[[Any], None]) -> None:
    async for value in values:
        give(value)
