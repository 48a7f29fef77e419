"""Objects that were stored before their definition said that a status and an input are written whole."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from taskyard.api.names import API_VERSION, GROUP
from taskyard.api.taskrun import TaskRun
from taskyard_operator.crds import crd
from tests.api.constraints.manifests import a_run
from tests.cluster.kubectl import Kubectl
from tests.local.serving import until

OF_TEST = f"upgraded.{GROUP}"
"""A group of its own: the definitions of all other tests stay as they are."""
RUNS = f"{TaskRun.PLURAL}.{OF_TEST}"
INPUT = {"inline": {"text": "long", "options": {"words": 100, "tags": [{"name": "a"}]}}}
Json = dict[str, Any]


def definition(*, whole: bool) -> Json:
    """That of TaskRuns in the test's group, as it is now, or as it was before."""
    made: Json = json.loads(json.dumps(crd(TaskRun)).replace(f'{GROUP}"', f'{OF_TEST}"'))
    return made if whole else _without_atomic(made)


def _without_atomic(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_atomic(each) for each in node]
    if isinstance(node, dict):
        return {k: _without_atomic(v) for k, v in node.items() if k != "x-kubernetes-map-type"}
    return node


def manifest(name: str, **spec: Any) -> Json:
    made = a_run(name, input=INPUT, **spec)
    return made | {"apiVersion": API_VERSION.replace(GROUP, OF_TEST)}


class Place:
    """TaskRuns of the test's group, as people and the controller write them."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def define(self, *, whole: bool) -> None:
        self._write("apply", definition(whole=whole))
        self._kubectl("wait", "--for=condition=Established", f"crd/{RUNS}", "--timeout=30s")

    def apply(self, run: Json, *flags: str) -> str:
        return self._write("apply", run, *flags)

    def cancel(self, name: str) -> None:
        self._kubectl("patch", RUNS, name, "--type=merge", "-p", '{"spec":{"cancel":true}}')

    def put(self, name: str) -> None:
        self._write("replace", self.read(name))

    def put_status(self, name: str, message: str) -> None:
        attempts = [{"number": 1, "job": f"{name}-1"}]
        status = {"phase": "Running", "message": message, "attempt": 1, "attempts": attempts}
        self._write("replace", self.read(name) | {"status": status}, "--subresource=status")

    def read(self, name: str) -> Json:
        read: Json = self._kubectl.json("get", RUNS, name, "--show-managed-fields")
        return read

    def _write(self, verb: str, manifest: Json, *flags: str) -> str:
        return self._kubectl(verb, *flags, "-f", "-", stdin=json.dumps(manifest))


def owned(run: Json) -> Json:
    """What the API server remembers of those who wrote the status."""
    (fields,) = (
        each["fieldsV1"]["f:status"]
        for each in run["metadata"]["managedFields"]
        if each.get("subresource") == "status"
    )
    return fields  # type: ignore[no-any-return]


@pytest.fixture
def place(kubectl: Kubectl) -> Iterator[Place]:
    try:
        yield Place(kubectl)
    finally:
        kubectl("delete", "crd", RUNS, "--ignore-not-found", "--timeout=60s")


def test_runs_from_before_are_applied_patched_put_and_told_of_as_ever(place: Place) -> None:
    by_client, by_server = manifest("by-client"), manifest("by-server")
    place.define(whole=False)
    place.apply(by_client)
    place.apply(by_server, "--server-side")
    for name in ("by-client", "by-server"):
        place.put_status(name, "it runs")
    assert owned(place.read("by-client")).keys() > {"."}

    place.define(whole=True)

    def is_in_force() -> bool:
        place.put_status("by-client", "it runs on")
        return owned(place.read("by-client")) == {}

    until(is_in_force, "the API server goes by the new definition")
    assert "unchanged" in place.apply(by_client)
    place.cancel("by-client")
    place.put("by-client")
    place.put_status("by-server", "it runs on")
    place.apply(manifest("by-server", cancel=True), "--server-side")
    for name in ("by-client", "by-server"):
        run = place.read(name)
        assert run["spec"] == manifest(name, cancel=True)["spec"]
        assert run["status"]["message"] == "it runs on"
        assert owned(run) == {}
