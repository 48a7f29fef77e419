"""Commands that look and change nothing: services, list, get, explain."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._completion import complete_service
from taskyard.cli._examples import examples
from taskyard.cli._output import Output, OutputOption, show, structured
from taskyard.cli._parameters import TaskId
from taskyard.cli._selection import Selection
from taskyard.cli._terminal import harmless
from taskyard.cli._views import SERVICES, TASKS, details

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()


@app.command(
    epilog=examples("taskyard services", "taskyard services image-generation --output yaml")
)
@at_gateway
def services(
    gateway: "Gateway",
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Only this one; JSON and YAML then tell the schemas of its tasks.",
            autocompletion=complete_service,
        ),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the services and their tasks."""
    found = gateway.services() if name is None else [gateway.service(name)]
    if name is not None and output in (Output.JSON, Output.YAML):
        typer.echo(structured(found[0], output))
    else:
        show(found, SERVICES, output, datetime.now(UTC))


@app.command(
    "list",
    epilog=examples(
        "taskyard list",
        "taskyard list --phase Queued,Running --service image-generation",
        "taskyard list --label team=maps --output json",
        "taskyard list --phase Failed --limit 1 --output name | xargs --no-run-if-empty taskyard explain",
    ),
)
@at_gateway
def list_tasks(
    gateway: "Gateway",
    selection: Selection,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    output: OutputOption = Output.TABLE,
) -> None:
    """List tasks, the newest first."""
    show(list(gateway.tasks(selection.query(), limit)), TASKS, output, datetime.now(UTC))


@app.command(epilog=examples("taskyard get $ID", "taskyard get $ID --output json"))
@at_gateway
def get(gateway: "Gateway", task_id: TaskId, output: OutputOption = Output.TABLE) -> None:
    """Show all that is known of a task."""
    task = gateway.task(task_id)
    if output is Output.TABLE:
        for name, value in details(task, datetime.now(UTC)):
            typer.echo(harmless(f"{name + ':':<12} {value}"))
    elif output is Output.NAME:
        typer.echo(task["id"])
    else:
        typer.echo(structured(task, output))


@app.command(epilog=examples("taskyard explain $ID"))
@at_gateway
def explain(gateway: "Gateway", task_id: TaskId) -> None:
    """Say why a task waits or has failed, what that means, and what to do about it."""
    from taskyard.cli._explanation import explanation

    typer.echo(harmless(explanation(gateway.task(task_id), datetime.now(UTC))))
