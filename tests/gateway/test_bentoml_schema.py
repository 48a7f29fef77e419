"""What the command line makes of a service written for BentoML, and what the gateway tells of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.compatibility.environments import NEWEST
from tests.compatibility.manifests import write_manifest
from tests.compatibility.serving import bentoml_serve

from .conftest import NewPlace, StartGateway

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "tests" / "runtime" / "services"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The TaskService of the studio, as `taskyard manifest` writes it beside BentoML."""
    return yaml.safe_load(write_manifest(SERVICES, "bento_studio:Studio").stdout)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def of_bentoml(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `bentoml serve` answers at /schema.json."""
    folder = tmp_path_factory.mktemp("bentoml")
    with bentoml_serve(NEWEST, folder, "bento_studio:Studio", SERVICES) as server:
        return httpx.get(f"{server.url}/schema.json", trust_env=False).json()  # type: ignore[no-any-return]


def test_the_manifest_tells_all_that_the_class_says(manifest: dict[str, Any]) -> None:
    tasks = {task["name"]: task for task in manifest["spec"]["tasks"]}

    assert manifest["spec"]["entrypoint"] == "bento_studio:Studio"
    assert manifest["spec"]["resources"]["requests"] == {"cpu": "2", "memory": "1Gi"}
    assert "no_task" not in tasks
    assert tasks["greet"]["description"] == "Say hello."
    assert tasks["choose"]["input"]["properties"]["size"]["anyOf"] == [
        {"minimum": 1, "type": "integer"},
        {"type": "null"},
    ], "BentoML's own schema has the first only, and null is taken all the same"


def test_the_gateway_tells_what_the_server_of_bentoml_tells(
    manifest: dict[str, Any],
    of_bentoml: dict[str, Any],
    new_place: NewPlace,
    start_gateway: StartGateway,
) -> None:
    with new_place(manifest) as place, start_gateway(place) as gateway, gateway.client() as http:
        ours = http.get("/schema.json").json()

    tasks = {route["name"]: route for route in of_bentoml["routes"] if route["is_task"]}
    assert ours["name"] == of_bentoml["name"]
    assert [route["name"] for route in ours["routes"]] == list(tasks)
    for route in ours["routes"]:
        theirs = tasks[route["name"]]
        ordered = [list(_input(each).get("properties", ())) for each in (route, theirs)]
        assert ordered[0] == ordered[1], route["name"]
        assert _without_our_own(route) == _with_whole_unions(theirs), route["name"]


def test_a_class_without_tasks_is_refused() -> None:
    done = write_manifest(SERVICES, "bento_studio:Dictionary")

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: Dictionary has no task: mark its methods with @bentoml.task"
    )


def _input(route: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = route["input"]
    return found


def _without_our_own(route: dict[str, Any]) -> dict[str, Any]:
    """Without the docstring, and the order of properties, which BentoML does not send."""
    shown = {key: value for key, value in route.items() if key != "doc"}
    shown["input"] = {key: value for key, value in route["input"].items() if key != "x-order"}
    return shown


def _with_whole_unions(route: dict[str, Any]) -> dict[str, Any]:
    """As BentoML has it, but for the one union in the studio, which it cuts down to its first branch.

    And without defaults of null, which the API server does not keep.
    """
    properties = _input(route).get("properties", {})
    if route["name"] == "choose":
        size = properties["size"]
        first = {key: size.pop(key) for key in ("minimum", "type")}
        size["anyOf"] = [first, {"type": "null"}]
    for schema in properties.values():
        if schema.get("default", "") is None:
            del schema["default"]
    return route
