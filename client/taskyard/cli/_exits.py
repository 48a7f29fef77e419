"""How a command ends: the exit codes, and which error ends it with which."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn, Self

import typer
from rich.console import Console

from taskyard._errors import APIConnectionError, APIError, TaskFailed, TaskyardError, WaitTimeout
from taskyard.api.reasons import Phase, Reason
from taskyard.cli._terminal import harmless


class ExitCode(IntEnum):
    """What a command ends with.

    Attributes:
        description: one sentence: when.
    """

    description: str

    def __new__(cls, code: int, description: str = "") -> Self:
        """Members give both, and are found by their number."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.description = description
        return member

    DONE = 0, "It was done; a task that was waited for has succeeded."
    FAILED = 1, "It could not be done; the sentence on standard error says why."
    WRONG_CALL = (
        2,
        "The call makes no sense, or the arguments do not fit the task; nothing was done.",
    )
    UNREACHABLE = 3, "The gateway does not answer, or does not take the token."
    NOT_FOUND = 4, "There is no such service, task or id, or what it left is no longer kept."
    TASK_FAILED = 5, "The task failed."
    TASK_CANCELLED = 6, "The task was cancelled."
    NOT_ENDED = 7, "The task has not ended, or not in the time that was given; it goes on."
    INTERRUPTED = 130, "Ctrl-C; a task that was waited for goes on."


class CommandError(Exception):
    """The command ends here; the message is a sentence with the remedy."""

    code = ExitCode.FAILED


class WrongCall(CommandError):
    """The call makes no sense, and nothing was done."""

    code = ExitCode.WRONG_CALL


class NoGateway(CommandError):
    """There is no gateway to ask."""

    code = ExitCode.UNREACHABLE


def exit_code_of(error: Exception) -> ExitCode:
    """The code for what went wrong."""
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, APIConnectionError):
        return ExitCode.UNREACHABLE
    if isinstance(error, WaitTimeout):
        return ExitCode.NOT_ENDED
    if isinstance(error, TaskFailed):
        return ended_as(Phase.CANCELLED if error.reason == Reason.CANCELLED else Phase.FAILED)
    if isinstance(error, APIError):
        if error.reason == "NotReady":
            return ExitCode.NOT_ENDED
        return _BY_STATUS.get(error.status_code, ExitCode.FAILED)
    return ExitCode.FAILED


def ended_as(*phases: str) -> ExitCode:
    """The code for tasks that were waited for and stand there now: the first that is not well decides."""
    for phase, code in _BY_PHASE.items():
        if phase in phases:
            return code
    return ExitCode.NOT_ENDED if set(phases) - {Phase.SUCCEEDED} else ExitCode.DONE


_BY_PHASE = {Phase.FAILED: ExitCode.TASK_FAILED, Phase.CANCELLED: ExitCode.TASK_CANCELLED}


_BY_STATUS = {
    400: ExitCode.WRONG_CALL,
    401: ExitCode.UNREACHABLE,
    403: ExitCode.UNREACHABLE,
    404: ExitCode.NOT_FOUND,
    410: ExitCode.NOT_FOUND,
    413: ExitCode.WRONG_CALL,
    415: ExitCode.WRONG_CALL,
    422: ExitCode.WRONG_CALL,
}


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """End the command where something goes wrong in this block: with a sentence, and no stack."""
    try:
        yield
    except BrokenPipeError:
        raise  # who reads has gone; typer ends quietly
    except (CommandError, TaskyardError, OSError, UnicodeDecodeError) as error:
        fail(error, exit_code_of(error))


def fail(why: object, code: ExitCode) -> NoReturn:
    """End the command with a sentence on standard error."""
    to_people(f"Error: {why}")
    raise typer.Exit(code)


def to_people(sentence: str) -> None:
    """To standard error, since standard output is for what was asked for."""
    Console(stderr=True, soft_wrap=True).print(harmless(sentence), markup=False, highlight=False)
