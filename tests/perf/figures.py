"""A figure with what it is to be, how the figures of a run are kept, and how they are told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value.

    `rounds` has the values of which `value` is the median, where it was measured more than once.
    `at_least` or `at_most` is its target, where it has one.
    """

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    rounds: tuple[float, ...] = ()

    @property
    def target(self) -> str:
        """The target in words; empty where there is none."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}" if self.at_most is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None

    def line(self) -> str:
        """The figure for a person at a terminal."""
        said = {True: "met", False: "MISSED", None: ""}[self.met]
        spread = (
            f" ({rounded(min(self.rounds))} to {rounded(max(self.rounds))})" if self.rounds else ""
        )
        value = f"{rounded(self.value)} {self.unit}".rstrip()
        return f"{self.name:58} {value + spread:32} {self.target:16} {said}".rstrip()


def of_rounds(name: str, values: Sequence[float], unit: str = "", **target: float) -> Figure:
    """The median of what several rounds gave."""
    return Figure(name, median(values), unit, rounds=tuple(values), **target)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of all do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def rounded(value: float) -> str:
    """Three digits say all that such a measurement knows."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def save(file: Path, measurement: str, figures: Sequence[Figure], about: Mapping[str, Any]) -> None:
    """Put the figures of one measurement in the place of those that the file has of it."""
    known = json.loads(file.read_text()) if file.exists() else {}
    said = [asdict(figure) | {"target": figure.target, "met": figure.met} for figure in figures]
    known[measurement] = {**about, "figures": said}
    file.write_text(json.dumps(known, indent=1) + "\n")


def load(file: Path) -> dict[str, tuple[dict[str, Any], list[Figure]]]:
    """The figures of each measurement, and what is told about it."""
    kept: dict[str, dict[str, Any]] = json.loads(file.read_text())
    return {
        name: (content, [_figure(each) for each in content.pop("figures")])
        for name, content in kept.items()
    }


def _figure(kept: dict[str, Any]) -> Figure:
    fields = {name: kept[name] for name in Figure.__dataclass_fields__}
    return Figure(**fields | {"rounds": tuple(kept["rounds"])})
