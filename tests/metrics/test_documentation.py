"""docs/metrics.md tells of the metrics that there are, and its alerts ask for no others."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .documentation import DOCUMENT, REWRITE, document


def alerts() -> dict[str, str]:
    """The expression of each alert."""
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    rules: list[dict[str, Any]] = yaml.safe_load(text)["groups"][0]["rules"]
    return {rule["alert"]: rule["expr"] for rule in rules}


def test_the_tables_are_those_of_the_program() -> None:
    assert DOCUMENT.read_text() == document(), REWRITE


def test_alerts_ask_for_metrics_that_there_are() -> None:
    known = set(re.findall(r"^\| `(\w+)` \|", document(), re.MULTILINE))
    known |= {f"{name}_{part}" for name in known for part in ("bucket", "count", "sum")}

    asked = {name for expr in alerts().values() for name in re.findall(r"taskyard_\w+", expr)}

    assert len(alerts()) >= 5
    assert asked <= known
