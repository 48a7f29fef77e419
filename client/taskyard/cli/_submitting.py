"""`taskyard submit` and `taskyard result`: a call on its way in, and what came of it on its way out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._completion import complete_argument, complete_target
from taskyard.cli._examples import examples
from taskyard.cli._exits import CommandError, ExitCode, WrongCall, ended_as, to_people
from taskyard.cli._output import Document, Output, show, structured
from taskyard.cli._parameters import TaskId
from taskyard.cli._run_options import RunOptions
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard._client._body import Body
    from taskyard._client._schema import TaskSchema
    from taskyard.cli._gateway import Gateway

app = typer.Typer()

To = Annotated[
    Path | None,
    typer.Option(
        help="A file or folder for the result, or - for standard output; by default text is printed, "
        "and a file is saved here under its name."
    ),
]


@app.command(
    epilog=examples(
        'taskyard submit image-generation.long_running_image_generation prompt="a hill" image=@cat.png',
        "taskyard submit image-generation.describe image=@cat.png --wait",
        'ID=$(taskyard submit image-generation.long_running_image_generation prompt="a hill")',
    )
)
@at_gateway
def submit(
    gateway: "Gateway",
    how: RunOptions,
    target: Annotated[
        str,
        typer.Argument(metavar="SERVICE.TASK", help="Which task.", autocompletion=complete_target),
    ],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME=VALUE...",
            help="Its arguments: text as it is, anything else as JSON, a file as NAME=@FILE "
            "(@- for standard input), a list of files by repeating it.",
            autocompletion=complete_argument,
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its result, and fetch it.")
    ] = False,
    to: To = None,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="How to show the new task; not with --wait.")
    ] = Output.NAME,
) -> None:
    """Submit a task, and print its id."""
    schema, body = _encoded(gateway, target, arguments or [])
    submitted = gateway.submit(schema, body, how.options())
    if wait:
        _finish(gateway, submitted, to)
    elif output in (Output.JSON, Output.YAML):
        typer.echo(structured(submitted, output))
    else:
        show([submitted], TASKS, output, datetime.now(UTC))


@app.command(epilog=examples("taskyard result $ID", "taskyard result $ID --to hill.png"))
@at_gateway
def result(gateway: "Gateway", task_id: TaskId, to: To = None) -> None:
    """Fetch the result of a task: text is printed, and a file is saved under its name."""
    fetch(gateway, task_id, to)


def fetch(gateway: "Gateway", task_id: str, to: Path | None) -> None:
    """Fetch a result to where it belongs.

    Raises:
        TaskyardError: there is none.
        CommandError: a file of its name is there already.
    """
    from taskyard._client._decoding import file_name
    from taskyard.cli._saving import STANDARD_OUTPUT, place_for, save

    answer = gateway.result(task_id)
    disposition = answer.headers.get("content-disposition")
    name = file_name(disposition) if disposition else None
    place = place_for(task_id, answer.headers.get("content-type", ""), name, to)
    save(answer.pieces, place, replace=to is not None)
    if place != STANDARD_OUTPUT:
        to_people(f"saved {place}")


def _encoded(gateway: "Gateway", target: str, arguments: list[str]) -> "tuple[TaskSchema, Body]":
    from taskyard._client._binding import bind
    from taskyard._client._encoding import encode
    from taskyard.cli._arguments import arguments_of

    service, _, task = target.rpartition(".")
    if not service:
        raise WrongCall(
            f"{target!r} names no task: give SERVICE.TASK; `taskyard services` lists them"
        )
    try:
        schema = gateway.schema(service, task)
    except AttributeError as error:
        raise _NoSuchTask(str(error)) from error
    try:
        return schema, encode(schema, bind(schema, (), arguments_of(schema, arguments)))
    except (TypeError, OSError, UnicodeDecodeError) as error:
        raise WrongCall(str(error)) from error


def _finish(gateway: "Gateway", submitted: Document, to: Path | None) -> None:
    """Wait for a task, and fetch its result; or say why there is none, and end with that code."""
    from taskyard.cli._explanation import explanation
    from taskyard.cli._waiting import waited_for

    to_people(f"submitted {submitted['id']}")
    [task] = waited_for(gateway, [submitted], None)
    code = ended_as(task["phase"])
    if code is not ExitCode.DONE:
        to_people(explanation(task, datetime.now(UTC)))
        raise typer.Exit(code)
    fetch(gateway, task["id"], to)


class _NoSuchTask(CommandError):
    code = ExitCode.NOT_FOUND
