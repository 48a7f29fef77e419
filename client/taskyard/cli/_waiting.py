"""Waiting for the end of tasks, with what they say of their progress shown meanwhile."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from taskyard.api.reasons import TERMINAL
from taskyard.cli._output import Document
from taskyard.cli._terminal import in_a_line
from taskyard.cli._views import called, note

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

_HELD = 1.0
"""Seconds for which the gateway is asked to wait; after them the progress is shown anew."""
_PAUSE = 0.2
"""The least seconds between two looks, also where a gateway does not wait."""


def waited_for(
    gateway: "Gateway", tasks: Sequence[Document], timeout: float | None
) -> list[Document]:
    """The tasks once all have ended, or as they stand after `timeout` seconds; from how they stand now.

    A gateway that goes away meanwhile may come back. Their progress is shown on standard error where that
    is a terminal.

    Raises:
        TaskyardError: one of them is gone, or the gateway is away for too long.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    screen = Console(stderr=True)
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bars:
        return [_ended(gateway, task, deadline, bars) for task in tasks]


def _ended(gateway: "Gateway", first: Document, deadline: float | None, bars: Progress) -> Document:
    bar, task = bars.add_task(first["id"], total=None, note=""), first
    for task in _looks(gateway, first, deadline):
        fraction = (task["progress"] or {}).get("fraction")
        bars.update(
            bar,
            description=f"{called(task)} {task['phase']}",
            total=None if fraction is None else 1.0,
            completed=fraction or 0.0,
            note=in_a_line(note(task)),
        )
    return task


def _looks(gateway: "Gateway", task: Document, deadline: float | None) -> Iterator[Document]:
    """The task as it stands, again and again to its end; once at least."""
    while True:
        yield task
        began = time.monotonic()
        left = None if deadline is None else deadline - began
        if task["phase"] in TERMINAL or (left is not None and left <= 0):
            return
        held = _HELD if left is None else min(_HELD, left)
        task = gateway.task_later(task["id"], held, left)
        time.sleep(max(0.0, min(held, _PAUSE) - (time.monotonic() - began)))
