"""`taskyard top`: what runs and what waits, looked at again and again."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from taskyard.api.reasons import Phase
from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._examples import examples
from taskyard.cli._output import Document, plain, table
from taskyard.cli._parameters import ServiceOption
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()

_ALIVE = (Phase.RUNNING, Phase.STARTING, Phase.QUEUED)
"""The phases that are shown, in this order."""


@app.command(
    epilog=examples("taskyard top --once", "taskyard top --service image-generation --once")
)
@at_gateway
def top(
    gateway: "Gateway",
    service: ServiceOption = None,
    interval: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks.")] = 2.0,
    limit: Annotated[int, typer.Option(min=1, help="At most so many tasks.")] = 100,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
) -> None:
    """Watch what runs and what waits, until Ctrl-C."""
    from rich.console import Console, Group
    from rich.live import Live

    def look() -> list[Document]:
        query = [("phase", ",".join(_ALIVE))] + ([("service", service)] if service else [])
        return in_order(list(gateway.tasks(query, limit)))

    screen = Console()
    if once or not screen.is_terminal:
        tasks = look()
        typer.echo(f"{summary(tasks, limit)}\n\n{plain(_drawn(tasks))}")
        return
    with Live(console=screen, screen=True, auto_refresh=False) as live:
        while True:
            tasks = look()
            live.update(Group(summary(tasks, limit), "", _drawn(tasks)), refresh=True)
            time.sleep(interval)


def in_order(tasks: Sequence[Document]) -> list[Document]:
    """What runs, then what starts, then the line; in each the oldest first."""
    return sorted(
        tasks,
        key=lambda task: (_ALIVE.index(task["phase"]), task["position"] or 0, task["createdAt"]),
    )


def summary(tasks: Sequence[Document], limit: int) -> str:
    """How many there are in each phase; `2 running, 0 starting, 5 queued`."""
    counted = Counter(task["phase"] for task in tasks)
    told = ", ".join(f"{counted[phase]} {phase.lower()}" for phase in _ALIVE)
    return f"{told} (the newest {limit})" if len(tasks) == limit else told


def _drawn(tasks: Sequence[Document]) -> Table:
    now = datetime.now(UTC)
    return table(TASKS.head, [TASKS.row(task, now) for task in tasks])
