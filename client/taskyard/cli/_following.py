"""Commands that follow tasks: wait, logs, events."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._examples import examples
from taskyard.cli._exits import WrongCall, ended_as
from taskyard.cli._output import Output, OutputOption, show
from taskyard.cli._parameters import Attempt, TaskId, TaskIds
from taskyard.cli._terminal import as_json, harmless
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()


@app.command(epilog=examples("taskyard wait $ID", "taskyard wait $ID $OTHER --timeout 60"))
@at_gateway
def wait(
    gateway: "Gateway",
    ids: TaskIds,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds to wait; without end by default.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Wait until tasks have ended; the exit code says how."""
    from taskyard.cli._waiting import waited_for

    tasks = waited_for(gateway, [gateway.task(task_id) for task_id in ids], timeout)
    show(tasks, TASKS, output, datetime.now(UTC))
    raise typer.Exit(ended_as(*(task["phase"] for task in tasks)))


@app.command(
    epilog=examples("taskyard logs $ID", "taskyard logs -f $ID", "taskyard logs $ID --tail 20")
)
@at_gateway
def logs(
    gateway: "Gateway",
    task_id: TaskId,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on as it grows, of one attempt after the other."),
    ] = False,
    tail: Annotated[int | None, typer.Option(min=0, help="Only so many of the last lines.")] = None,
    attempt: Attempt = None,
) -> None:
    """Print what a task has printed."""
    if follow and tail is None:
        for event in gateway.events(task_id, ["log", "phase"]):
            if attempt is not None and event.attempt > attempt:
                return
            if attempt in (None, event.attempt):
                _print(event.text.encode())
        return
    query = {"attempt": attempt, "tail": tail, "follow": "true" if follow else None}
    answer = gateway.log(
        task_id, [(name, str(one)) for name, one in query.items() if one is not None]
    )
    for piece in answer.pieces:
        _print(piece)


def _print(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


@app.command(
    epilog=examples(
        "taskyard events $ID",
        "taskyard events $ID --only phase,progress --output json",
    )
)
@at_gateway
def events(
    gateway: "Gateway",
    task_id: TaskId,
    only: Annotated[
        str | None,
        typer.Option(metavar="KIND,...", help="Only these: phase, progress, output, log."),
    ] = None,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="`json` is one object in each line.")
    ] = Output.TABLE,
) -> None:
    """Tell what becomes of a task, from its beginning to its end."""
    from taskyard.cli._events import event_line

    if output not in (Output.TABLE, Output.JSON):
        raise WrongCall(f"events are shown as table or json, and not as {output}")
    for event in gateway.events(task_id, only.split(",") if only else []):
        if output is Output.JSON:
            line = as_json({"event": event.kind, **event.data})
        else:
            line = harmless(f"{event.kind:<9} {event_line(event)}")
        typer.echo(line)
