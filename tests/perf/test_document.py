"""The figures, as they are kept and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from .document import FIGURES, PAGE, page_with
from .figures import Figure, load, of_rounds, percentile, save


def test_the_page_tells_the_figures_that_are_kept() -> None:
    page = PAGE.read_text()

    assert page == page_with(FIGURES, page), "run `python -m tests.perf.document`"


def test_figures_are_kept_by_measurement_and_replaced_by_newer_ones(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    newer = [of_rounds("rate", [2.0, 4.0, 3.0], "/s", at_least=1)]

    save(file, "burst", [Figure("rate", 1.0)], {"date": "2026-01-01"})
    save(file, "steady", [Figure("writes", 5, at_most=5)], {"date": "2026-01-01"})
    save(file, "burst", newer, {"date": "2026-01-02"})

    assert load(file) == {
        "burst": ({"date": "2026-01-02"}, newer),
        "steady": ({"date": "2026-01-01"}, [Figure("writes", 5, at_most=5)]),
    }


@pytest.mark.parametrize(
    ("figure", "target", "met"),
    [
        (Figure("rate", 0.9, at_least=0.9), "at least 0.9", True),
        (Figure("rate", 0.89, at_least=0.9), "at least 0.9", False),
        (Figure("writes", 0, at_most=0), "at most 0", True),
        (Figure("writes", 1, at_most=0), "at most 0", False),
        (Figure("memory", 77.0), "", None),
    ],
)
def test_a_figure_knows_whether_it_is_what_it_is_to_be(
    figure: Figure, target: str, met: bool | None
) -> None:
    assert (figure.target, figure.met) == (target, met)


def test_the_median_of_rounds_counts() -> None:
    assert of_rounds("rate", [5.0, 1.0, 3.0]).value == 3.0


def test_a_percentile_is_a_value_that_so_many_do_not_exceed() -> None:
    assert percentile([float(value) for value in range(101)], 99) == 99.0
