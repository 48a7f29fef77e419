"""The processes below one, as Linux tells them; elsewhere none are found, and the server looks for them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def children_of(pid: int) -> Iterator[int]:
    """The children of a process."""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            for child in (thread / "children").read_text().split():
                yield int(child)


def descendants_of(pid: int) -> Iterator[int]:
    """All below a process."""
    for child in children_of(pid):
        yield child
        yield from descendants_of(child)


def has_ended(pid: int) -> bool:
    """Whether a process is a zombie, which only its parent has not heard of yet. Raises OSError: it is gone."""
    # The name, in parentheses, may itself hold spaces and parentheses.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
