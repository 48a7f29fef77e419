"""`taskyard top`: what runs, what waits and who holds the GPUs, looked at again and again."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from taskyard._errors import APIConnectionError
from taskyard.api.reasons import Phase
from taskyard.cli._at_gateway import at_gateway
from taskyard.cli._examples import examples
from taskyard.cli._gpus import Gpus, gpus_in_words, gpus_of, held
from taskyard.cli._output import Document, Row, plain, table
from taskyard.cli._parameters import ServiceOption
from taskyard.cli._terminal import in_a_line
from taskyard.cli._views import TASKS

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

app = typer.Typer()

_ALIVE = (Phase.RUNNING, Phase.STARTING, Phase.QUEUED)
"""The phases that are shown, in this order."""
_GPUS = 4
"""Before this column of other tables of tasks there is one more."""


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
    """Watch what runs and what waits, and the GPUs that are held, until Ctrl-C.

    A task holds its GPUs from when a node has taken it: while its image is pulled, and while it runs.
    """
    screen = Console()
    shown: RenderableType = _look(gateway, service, limit)
    if once or not screen.is_terminal:
        typer.echo(plain(shown))
        return
    from rich.live import Live

    with Live(console=screen, screen=True, auto_refresh=False) as live:
        while True:
            live.update(shown, refresh=True)
            time.sleep(interval)
            shown = _shown(gateway, service, limit)


def _shown(gateway: "Gateway", service: str | None, limit: int) -> RenderableType:
    """What the screen shows next; a gateway that is away meanwhile may come back."""
    try:
        return _look(gateway, service, limit)
    except APIConnectionError as error:
        return Text(in_a_line(f"{error}; it is asked again"))


def _look(gateway: "Gateway", service: str | None, limit: int) -> Group:
    """How many there are of what, and the tasks."""
    tasks = _alive(gateway, service, limit)
    gpus = gpus_of(gateway.services())
    told = [summary(tasks, limit), gpus_in_words(tasks, gpus, gateway.server().get("gpus"))]
    return Group(Text("; ".join(filter(None, told))), "", _drawn(tasks, gpus))


def _alive(gateway: "Gateway", service: str | None, limit: int) -> list[Document]:
    """The tasks that have not ended; where they are too many, those that run come first."""

    def newest(*phases: Phase) -> Iterator[Document]:
        only = [("service", service)] if service else []
        return gateway.tasks([("phase", ",".join(phases)), *only], limit)

    found = {task["id"]: task for task in newest(*_ALIVE)}
    if len(found) == limit:
        found |= {task["id"]: task for task in newest(Phase.RUNNING)}
    return in_order(list(found.values()))[:limit]


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


def _drawn(tasks: Sequence[Document], gpus: Gpus) -> Table:
    now = datetime.now(UTC)
    rows = [_with_gpus(TASKS.row(task, now), str(held(task, gpus))) for task in tasks]
    return table(_with_gpus(TASKS.head, "GPUS"), rows)


def _with_gpus(row: Row, cell: str) -> Row:
    return (*row[:_GPUS], cell, *row[_GPUS:])
