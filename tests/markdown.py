"""Tables of the generated documents."""

from collections.abc import Iterable, Iterator


def table(head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    """The lines of a table."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
