"""`bentoml serve` and our gateway over the same service: docs/compatibility.md tells every difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.process import Gateway

from .environments import NEWEST
from .exchanges import Peer, exchanges, told
from .serving import bentoml_serve

DOCUMENT = Path(__file__).parents[2] / "docs" / "compatibility.md"
_ROW = re.compile(
    r"^\| (?P<exchange>.+?) \| (?P<theirs>`.*`) \| (?P<ours>`.*`) \| (?P<why>.+?) \|$"
)

Differences = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """BentoML's own server."""
    with (
        bentoml_serve(NEWEST, tmp_path_factory.mktemp("bentoml")) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=60) as http,
    ):
        yield Peer(http)


@pytest.fixture(scope="module")
def ours(gateway: Gateway) -> Iterator[Peer]:
    """The gateway."""
    with gateway.client() as http:
        yield Peer(http)


def test_every_difference_in_an_answer_is_told_with_its_reason(theirs: Peer, ours: Peer) -> None:
    found: Differences = {}
    for exchange, ask in exchanges():
        answers = told(ask(theirs)), told(ask(ours))
        if answers[0] != answers[1]:
            found[exchange] = answers

    documented = _documented()
    changed = {name for name in found | documented if found.get(name) != documented.get(name)}
    assert not changed, f"{sorted(changed)}; the rows of the document should be\n{_rows(found)}"


def test_schemas_say_the_same_to_a_client(theirs: Peer, ours: Peer) -> None:
    schemas = [peer.ask("GET", "/schema.json").json() for peer in (theirs, ours)]

    read_by_clients = [
        {route["name"]: _read(route) for route in schema["routes"]} for schema in schemas
    ]
    assert read_by_clients[0] == read_by_clients[1]


def _rows(differences: Differences) -> str:
    """As in the document, but for the reasons."""
    rows = (f"| {name} | `{them}` | `{us}` |" for name, (them, us) in differences.items())
    return "\n".join(rows)


def _documented() -> Differences:
    rows = (_ROW.match(line) for line in DOCUMENT.read_text().splitlines())
    return {
        row["exchange"]: (row["theirs"].strip("`"), row["ours"].strip("`"))
        for row in rows
        if row and row["why"].strip()
    }


def _read(route: dict[str, Any]) -> Any:
    """What BentoML's clients look at: the names and the types of files, tensors and frames."""
    inner = route["input"].get("properties", {})
    return {
        "route": route["route"],
        "is_task": route["is_task"],
        "order": list(inner),
        "required": sorted(route["input"].get("required", [])),
        "fields": {name: _kind(field) for name, field in inner.items()},
        "output": _kind(route["output"]),
    }


def _kind(schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return ["array", _kind(schema["items"])]
    if schema.get("type") in ("file", "tensor", "dataframe"):
        names = ("type", "pil", "orient")
    else:
        return "bytes" if schema.get("format") == "binary" else "text or JSON"
    return {name: schema[name] for name in names if name in schema}
