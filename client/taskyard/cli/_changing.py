"""Commands that change what becomes of tasks: cancel, retry, delete."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._examples import examples
from taskyard.cli._exits import to_people
from taskyard.cli._output import Output, OutputOption, show
from taskyard.cli._parameters import TaskIds
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()


@app.command(epilog=examples("taskyard cancel $ID"))
@at_gateway
def cancel(gateway: "Gateway", ids: TaskIds, output: OutputOption = Output.TABLE) -> None:
    """Ask for the end of tasks; of one that has ended nothing changes."""
    show([gateway.cancel(task_id) for task_id in ids], TASKS, output, datetime.now(UTC))


@app.command(epilog=examples("taskyard retry $ID"))
@at_gateway
def retry(gateway: "Gateway", ids: TaskIds, output: OutputOption = Output.NAME) -> None:
    """Run tasks that have ended again, with the same input, and print the new ids."""
    show([gateway.retry(task_id) for task_id in ids], TASKS, output, datetime.now(UTC))


@app.command(epilog=examples("taskyard delete $ID"))
@at_gateway
def delete(gateway: "Gateway", ids: TaskIds) -> None:
    """Remove tasks that have ended, with their results, inputs and logs."""
    for task_id in ids:
        gateway.delete(task_id)
        to_people(f"deleted {task_id}")
