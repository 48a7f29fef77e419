"""Where the chart is, and what of it is made from other files: copies of the CRDs, and the README's table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CRDS = ROOT / "crds"
CHART = ROOT / "charts" / "taskyard"
README = CHART / "README.md"

TABLE_BEGINS = "<!-- From values.yaml by `python -m tests.chart`; do not edit. -->\n"
TABLE_ENDS = "<!-- End of the table. -->\n"


def crd_copies() -> dict[Path, bytes]:
    """What must be in the chart's `crd-files/`: Helm reads nothing outside of the chart."""
    folder = CHART / "crd-files"
    return {folder / file.name: file.read_bytes() for file in CRDS.glob("*.yaml")}


def readme() -> str:
    """What must be in README.md: itself, with the table as `values.yaml` has it now."""
    before, _, rest = README.read_text().partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    return f"{before}{TABLE_BEGINS}{_table()}{TABLE_ENDS}{after}"


@dataclass(frozen=True)
class Value:
    """A value of the chart, with the comment above it in `values.yaml`."""

    path: str
    comment: str
    default: Any
    is_section: bool
    """Whether it only holds other values that have comments of their own."""


def documented_values() -> list[Value]:
    """All of `values.yaml`, in its order."""
    text = (CHART / "values.yaml").read_text()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_values(root, text.splitlines(), yaml.safe_load(text), ""))


def schema() -> dict[str, Any]:
    """The whole of `values.schema.json`."""
    whole: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
    return whole


def schema_paths(part: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The values that a part of the schema names; what it takes from `$defs` is inside of a value."""
    for name, inner in part.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from schema_paths(inner, f"{prefix}{name}.")


def _values(node: Any, lines: list[str], data: dict[str, Any], prefix: str) -> Iterator[Value]:
    for key, child in node.value:
        default = data[key.value]
        nested = isinstance(child, yaml.MappingNode) and any(
            _comment(lines, inner.start_mark.line) for inner, _ in child.value
        )
        comment = _comment(lines, key.start_mark.line)
        yield Value(f"{prefix}{key.value}", comment, default, nested)
        if nested:
            yield from _values(child, lines, default, f"{prefix}{key.value}.")


def _comment(lines: list[str], line: int) -> str:
    """The comment directly above a line."""
    comment: list[str] = []
    while line and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        comment.insert(0, lines[line].lstrip(" #"))
    return " ".join(comment)


def _table() -> str:
    rows = ["| value | what it is | default |", "|---|---|---|"]
    for value in documented_values():
        default = "" if value.is_section else f"`{json.dumps(value.default)}`"
        name = f"**`{value.path}`**" if value.is_section else f"`{value.path}`"
        rows.append(f"| {name} | {value.comment} | {default} |")
    return "\n".join(rows) + "\n"
