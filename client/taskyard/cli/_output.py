"""Documents as text: a table, JSON, YAML, or nothing but names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from taskyard.cli._terminal import as_json, in_a_line

Document = Mapping[str, Any]
Row = Sequence[str]


class Output(StrEnum):
    """How documents are shown."""

    TABLE = "table"
    """For people."""
    JSON = "json"
    """As the gateway tells them; of several an object with `items`."""
    YAML = "yaml"
    NAME = "name"
    """Only names or ids, one in a line: for further commands."""


OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="How to show it; `name` is for further commands.")
]

_STYLES = {
    "Queued": "yellow",
    "Starting": "yellow",
    "Running": "cyan",
    "Succeeded": "green",
    "Failed": "red",
    "Cancelled": "magenta",
}


@dataclass(frozen=True, slots=True)
class View:
    """How documents of one kind are shown.

    Attributes:
        name: what one is called by.
        head: the columns of the table.
        row: one line of it, as seen at a moment.
    """

    name: Callable[[Document], str]
    head: Row
    row: Callable[[Document, datetime], Row]


def listed(documents: Sequence[Document], view: View, output: Output, now: datetime) -> str:
    """Several documents as text, without a line break at the end."""
    match output:
        case Output.NAME:
            return "\n".join(map(view.name, documents))
        case Output.TABLE:
            return plain(table(view.head, [view.row(document, now) for document in documents]))
    return structured({"items": list(documents)}, output)


def structured(document: Document, output: Output) -> str:
    """One document as JSON or YAML, without a line break at the end."""
    if output is Output.JSON:
        return as_json(document, indent=2)
    from taskyard.cli._manifest import to_yaml

    return to_yaml(dict(document)).rstrip("\n")


def table(head: Row, rows: Sequence[Row]) -> Table:
    """Rows below one another; phases in colour, and long last columns cut where a terminal ends."""
    drawn = Table(*head, box=box.SIMPLE_HEAD if not head else None, pad_edge=False)
    for column in drawn.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    for row in rows:
        drawn.add_row(*(Text(in_a_line(cell), _STYLES.get(cell, "")) for cell in row))
    return drawn


def plain(drawn: RenderableType) -> str:
    """A table and the like as it goes into a file: nothing cut, no colours, no blanks at the end of a line."""
    console = Console(width=100_000, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def show(documents: Sequence[Document], view: View, output: Output, now: datetime) -> None:
    """Print several documents; in a terminal a table is cut to its width, and coloured."""
    screen = Console()
    if output is Output.TABLE and screen.is_terminal:
        screen.print(table(view.head, [view.row(document, now) for document in documents]))
    elif documents or output is not Output.NAME:
        typer.echo(listed(documents, view, output, now))
