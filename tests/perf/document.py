"""The table of docs/benchmarks.md, which is made from the figures that were kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .figures import Figure, load, rounded

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = DOCS / "benchmarks.json"
PAGE = DOCS / "benchmarks.md"

_BEGIN, _END = "<!-- figures: written by make bench -->\n", "<!-- end of figures -->\n"


def page_with(figures: Path, page: str) -> str:
    """The page with the table of these figures in the place of the one that it has."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return before + _BEGIN + "\n".join(_lines(figures)) + "\n" + _END + after


def _lines(figures: Path) -> Iterator[str]:
    for measurement, (about, measured) in load(figures).items():
        yield ""
        yield (
            f"**{measurement}**, {about['date']}: {about['cores']} cores, {about['memory_gib']} GiB, "
            f"Python {about['python']}, kopf {about['kopf']}, Kubernetes {about['kubernetes']}; "
            f"load average before {about['load_before']}, {about['seconds']} s"
        )
        yield ""
        yield "| figure | value | of rounds | target | |"
        yield "|---|---|---|---|---|"
        yield from map(_row, measured)
    yield ""


def _row(figure: Figure) -> str:
    value = f"{rounded(figure.value)} {figure.unit}".rstrip()
    rounds = ", ".join(map(rounded, figure.rounds))
    met = {True: "met", False: "missed", None: ""}[figure.met]
    return f"| {figure.name} | {value} | {rounds} | {figure.target} | {met} |"


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(page_with(FIGURES, PAGE.read_text()))


if __name__ == "__main__":
    write()
