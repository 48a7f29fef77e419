"""`taskyard run`: one task in this process, where breakpoints work and nothing is stored."""

import pdb
import traceback
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, chdir
from pathlib import Path
from types import TracebackType

import typer

from taskyard._current_task import CurrentTask, TaskCancelled, running
from taskyard._service import ServiceDefinition
from taskyard._values.wire import Encoded, InvalidInput, InvalidResult
from taskyard.cli import _run_native
from taskyard.cli._calls import Call
from taskyard.cli._entrypoint import load_service
from taskyard.cli._exits import ExitCode, WrongCall, fail, to_people
from taskyard.cli._saving import STANDARD_OUTPUT, TEXT, place_for, save
from taskyard.cli._targets import entrypoints, folder_of

_NOT_THE_TASKS = ("taskyard", "taskyard_runtime", "asyncio")
"""Packages between the command and the code of a task."""


def run_here(
    target: str, name: str, words: Sequence[str], *, to: Path | None, post_mortem: bool
) -> None:
    """Build the service, call one of its tasks, and print or save what it returns.

    Like a server it does so in the folder of the service; files are named from the folder of the caller.

    Raises:
        WrongCall: there is no such service or task, or the arguments do not fit.
    """
    folder = folder_of(target)
    with _prepared(target, folder, name, words) as call:
        with chdir(folder):
            encoded = _called(call, post_mortem=post_mortem)
            pieces = _pieces(encoded)
        place = place_for(name, encoded.content_type, encoded.file_name, to)
        save(pieces, place, replace=to is not None)
    if place != STANDARD_OUTPUT:
        to_people(f"saved {place}")


def _prepared(
    target: str, folder: Path, name: str, words: Sequence[str]
) -> AbstractContextManager[Call]:
    """The task with its arguments, ready to be called; what it returns is there as long as the context."""
    with chdir(folder):
        found = entrypoints(target)
        if len(found) != 1:
            raise WrongCall(
                f"{target} has several services; name one of them: {' or '.join(found)}"
            )
        service = load_service(found[0])
    if name not in service.tasks:
        raise WrongCall(
            f"{service.name} has no task {name!r}; its tasks are: {', '.join(service.tasks)}"
        )
    if isinstance(service, ServiceDefinition):
        return _run_native.prepared(service, name, words)
    from taskyard.cli import _run_bentoml  # with BentoML, which is at hand for such a service alone

    return _run_bentoml.prepared(service, name, words)


def _called(call: Call, *, post_mortem: bool) -> Encoded:
    """What the task returns; what it raises is shown as Python shows it, from its own code on."""
    current = CurrentTask("here", 1, _tell_progress, _tell_output)
    try:
        with running(current):
            return call(current)
    except (InvalidInput, WrongCall) as error:
        raise WrongCall(str(error)) from error
    except InvalidResult as error:
        fail(error, ExitCode.TASK_FAILED)
    except TaskCancelled as error:
        raise typer.Exit(ExitCode.TASK_CANCELLED) from error
    except Exception as error:
        trace = _own(error.__traceback__)
        traceback.print_exception(type(error), error, trace)
        if post_mortem:
            pdb.post_mortem(trace)
        raise typer.Exit(ExitCode.TASK_FAILED) from error


def _own(trace: TracebackType | None) -> TracebackType | None:
    """The part of a stack that begins in the code of the service."""
    while trace and trace.tb_next and _package(trace) in _NOT_THE_TASKS:
        trace = trace.tb_next
    return trace


def _package(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]


def _tell_progress(fraction: float, message: str) -> None:
    to_people(f"{fraction:.0%} {message}".rstrip())


def _tell_output(output: Encoded) -> None:
    if isinstance(output.content, bytes) and output.content_type.startswith(TEXT):
        to_people(f"output: {output.content.decode()}")
    else:
        to_people(f"output: {output.content_type}")


def _pieces(encoded: Encoded) -> Iterator[bytes]:
    """The result piece by piece, in whatever folder it is read."""
    if isinstance(encoded.content, bytes):
        return iter((encoded.content,))
    return _read(encoded.content.absolute())


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(256 * 1024):
            yield piece
