"""Commands that change what becomes of tasks: cancel, retry, delete."""

import sys
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from taskyard._errors import NotFound
from taskyard.api.reasons import TERMINAL, Phase
from taskyard.cli._agreement import agreed, counted
from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._examples import examples
from taskyard.cli._exits import WrongCall, to_people
from taskyard.cli._output import Output, OutputOption, show, structured
from taskyard.cli._parameters import SomeTaskIds, TaskIds
from taskyard.cli._selection import Selection
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()

_OPEN = tuple(phase for phase in Phase if not phase.terminal)
_COUNTED = 1000
"""Tasks that are counted at most for somebody who is asked: what waits may be many times more."""
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do so to all that fit, without asking first.")
]


@app.command(
    epilog=examples("taskyard cancel $ID", "taskyard cancel --label team=maps --phase Queued --yes")
)
@at_gateway
def cancel(
    gateway: "Gateway",
    selection: Selection,
    ids: SomeTaskIds = None,
    yes: Yes = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask for the end of tasks, by their ids or of all that fit; of one that has ended nothing changes.

    What is submitted while you are asked goes on; the time of a task has whole seconds.
    """
    if not _chosen_by_options(ids, selection):
        show([gateway.cancel(task_id) for task_id in ids or ()], TASKS, output, datetime.now(UTC))
        return
    chosen = selection if yes else _agreed_to_cancel(gateway, selection)
    if chosen:
        _cancel_all(gateway, chosen, output)


@app.command(epilog=examples("taskyard retry $ID"))
@at_gateway
def retry(gateway: "Gateway", ids: TaskIds, output: OutputOption = Output.NAME) -> None:
    """Run tasks that have ended again, with the same input, and print the new ids."""
    show([gateway.retry(task_id) for task_id in ids], TASKS, output, datetime.now(UTC))


@app.command(
    epilog=examples("taskyard delete $ID", "taskyard delete --label team=maps --phase Failed --yes")
)
@at_gateway
def delete(
    gateway: "Gateway", selection: Selection, ids: SomeTaskIds = None, yes: Yes = False
) -> None:
    """Remove tasks that have ended, by their ids or all that fit, with their results, inputs and logs."""
    by_options = _chosen_by_options(ids, selection)
    if by_options:
        found = gateway.tasks(selection.in_phases(TERMINAL).query(), sys.maxsize)
        ids = [task["id"] for task in found if task["phase"] in TERMINAL]
        if not agreed(f"delete {counted(ids)} and all that is left of them", ids, yes=yes):
            return
    for task_id in ids or ():
        # Of what was found somebody else may have deleted one meanwhile; of an id that may be a slip.
        with suppress(NotFound) if by_options else nullcontext():
            gateway.delete(task_id)
        to_people(f"deleted {task_id}")


def _chosen_by_options(ids: list[str] | None, selection: Selection) -> bool:
    """Whether the tasks are those that fit the options, and not those of some ids.

    Raises:
        WrongCall: they are both, or neither.
    """
    if bool(ids) == bool(selection.query()):
        told = "ids and options name tasks twice" if ids else "no task is named"
        raise WrongCall(f"{told}: give ids, or options such as --label or --phase")
    return not ids


def _agreed_to_cancel(gateway: "Gateway", selection: Selection) -> Selection | None:
    """What may be cancelled: all that was there when the person was asked; None where nothing was."""
    found = list(gateway.tasks(selection.in_phases(_OPEN).query(), _COUNTED))
    open_ = [task for task in found if task["phase"] in _OPEN and not task["cancelRequested"]]
    more = " or more" if len(found) == _COUNTED else ""
    if not agreed(f"cancel {counted(open_)}{more}", open_):
        return None
    return selection.up_to(open_[0]["createdAt"])  # The newest is the first.


def _cancel_all(gateway: "Gateway", selection: Selection, output: Output) -> None:
    ids = list(gateway.cancel_many(selection.query()))
    if output in (Output.JSON, Output.YAML):
        typer.echo(structured({"cancelled": len(ids), "ids": ids}, output))
    elif ids:
        typer.echo("\n".join(ids))
    to_people(f"asked {counted(ids)} to end")
