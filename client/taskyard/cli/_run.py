"""`taskyard run`: one task in this process, where breakpoints work and nothing is stored."""

import asyncio
import inspect
import pdb
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from taskyard._client._schema import Parameter, TaskSchema
from taskyard._current_task import CurrentTask, running
from taskyard._service import ServiceDefinition, TaskDefinition
from taskyard._values.wire import Encoded, FilePart, InvalidInput, InvalidResult, JsonValue, Part
from taskyard.cli._arguments import arguments_of
from taskyard.cli._entrypoint import load_service
from taskyard.cli._exits import ExitCode, WrongCall, fail, to_people
from taskyard.cli._saving import STANDARD_OUTPUT, TEXT, place_for, save
from taskyard.cli._targets import entrypoints, folder_of


def run_here(
    target: str, name: str, words: Sequence[str], *, to: Path | None, post_mortem: bool
) -> None:
    """Build the service, call one of its tasks, and print or save what it returns.

    Like a server it does so in the folder of the service; files are named from the folder of the caller.

    Raises:
        WrongCall: there is no such service or task, or the arguments do not fit.
    """
    folder, here = folder_of(target), Path.cwd()
    with chdir(folder):
        task, cls = _task(target, name)
    arguments = _arguments(task, words)
    with chdir(folder):
        encoded = _called(cls, task, arguments, post_mortem=post_mortem)
    place = place_for(name, encoded.content_type, encoded.file_name, to)
    save(
        _pieces(encoded),
        here / place if place != STANDARD_OUTPUT else place,
        replace=to is not None,
    )
    if place != STANDARD_OUTPUT:
        to_people(f"saved {place}")


def _task(target: str, name: str) -> tuple[TaskDefinition, type]:
    found = entrypoints(target)
    if len(found) != 1:
        raise WrongCall(f"{target} has several services; name one of them: {' or '.join(found)}")
    service = load_service(found[0])
    if not isinstance(service, ServiceDefinition):
        raise WrongCall(
            f"{service.name} is written with BentoML, and only services of @taskyard.service run here; "
            f"try `taskyard serve {target}`"
        )
    if name not in service.tasks:
        raise WrongCall(
            f"{service.name} has no task {name!r}; its tasks are: {', '.join(service.tasks)}"
        )
    return service.tasks[name], service.cls


def _arguments(task: TaskDefinition, words: Sequence[str]) -> dict[str, Any]:
    schema = task.input_schema()
    required = schema.get("required", ())
    parameters = tuple(
        Parameter(name, one, name in required) for name, one in schema["properties"].items()
    )
    known = TaskSchema(task.name, task.route, "", parameters, {})
    given = arguments_of(known, words)
    if unknown := [name for name in given if name not in schema["properties"]]:
        raise WrongCall(f"unknown {', '.join(unknown)}; the task is {known.signature}")
    try:
        return task.signature.decode({name: _parts(value) for name, value in given.items()})
    except InvalidInput as error:
        raise WrongCall(str(error)) from error


def _parts(value: Any) -> list[Part]:
    if isinstance(value, list) and any(isinstance(item, Path) for item in value):
        return [FilePart(_there(path)) for path in value]
    if hasattr(value, "read"):
        raise WrongCall("standard input is the debugger's here; give the file by its name")
    return [FilePart(_there(value)) if isinstance(value, Path) else JsonValue(value)]


def _there(path: Path) -> Path:
    if not path.is_file():
        raise WrongCall(f"there is no file {path}")
    return path.absolute()


def _called(
    cls: type, task: TaskDefinition, arguments: Mapping[str, Any], *, post_mortem: bool
) -> Encoded:
    """What the task returns; what it raises is shown as Python shows it, from its own code on."""
    current = CurrentTask("here", 1, _tell_progress, _tell_output)
    with running(current):
        try:
            value = _returned(
                task.function(cls(), **arguments),
                lambda output: current.hand_on(task.signature.encode_output(output)),
            )
        except Exception as error:
            trace = _own(error.__traceback__)
            traceback.print_exception(type(error), error, trace)
            if post_mortem:
                pdb.post_mortem(trace)
            raise typer.Exit(ExitCode.TASK_FAILED) from error
    try:
        return task.signature.encode(value)
    except InvalidResult as error:
        fail(error, ExitCode.TASK_FAILED)


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


def _own(trace: TracebackType | None) -> TracebackType | None:
    """The part of a stack that begins in the code of the service."""
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _tell_progress(fraction: float, message: str) -> None:
    to_people(f"{fraction:.0%} {message}".rstrip())


def _tell_output(output: Encoded) -> None:
    if isinstance(output.content, bytes) and output.content_type.startswith(TEXT):
        to_people(f"output: {output.content.decode()}")
    else:
        to_people(f"output: {output.content_type}")


def _pieces(encoded: Encoded) -> Iterator[bytes]:
    if isinstance(encoded.content, bytes):
        yield encoded.content
        return
    with encoded.content.open("rb") as file:
        while piece := file.read(256 * 1024):
            yield piece
