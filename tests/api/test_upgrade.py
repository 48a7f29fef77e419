"""Objects that were stored before their definition said that a status and an input are written whole."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from taskyard.api.names import API_VERSION, GROUP
from taskyard.api.taskrun import TaskRun
from taskyard_operator.crds import crd
from tests.api.constraints.manifests import a_run
from tests.cluster.kubectl import Kubectl
from tests.local.serving import until

INPUT = {"inline": {"text": "long", "options": {"words": 100, "tags": [{"name": "a"}]}}}
Json = dict[str, Any]


class Place:
    """TaskRuns of the test's group, as people and the controller write them."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._group = f"test-{secrets.token_hex(4)}.{GROUP}"
        """Of its own: the definitions of all other tests stay as they are."""
        self._kind = f"{TaskRun.PLURAL}.{self._group}"

    def define(self, definition: Json) -> None:
        text = json.dumps(definition).replace(f'{GROUP}"', f'{self._group}"')
        self._write("apply", json.loads(text))
        self._kubectl("wait", "--for=condition=Established", f"crd/{self._kind}", "--timeout=30s")

    def undefine(self) -> None:
        self._kubectl("delete", "crd", self._kind, "--ignore-not-found", "--timeout=60s")

    def apply(self, run: Json, *flags: str) -> str:
        version = API_VERSION.replace(GROUP, self._group)
        return self._write("apply", run | {"apiVersion": version}, *flags)

    def cancel(self, name: str) -> None:
        self._kubectl("patch", self._kind, name, "--type=merge", "-p", '{"spec":{"cancel":true}}')

    def put(self, name: str) -> None:
        self._write("replace", self.read(name))

    def put_status(self, name: str, message: str) -> None:
        attempts = [{"number": 1, "job": f"{name}-1"}]
        status = {"phase": "Running", "message": message, "attempt": 1, "attempts": attempts}
        self._write("replace", self.read(name) | {"status": status}, "--subresource=status")

    def read(self, name: str) -> Json:
        read: Json = self._kubectl.json("get", self._kind, name, "--show-managed-fields")
        return read

    def _write(self, verb: str, manifest: Json, *flags: str) -> str:
        return self._kubectl(verb, *flags, "-f", "-", stdin=json.dumps(manifest))


def without_atomic(node: Any) -> Any:
    """A definition as it was before."""
    if isinstance(node, list):
        return [without_atomic(each) for each in node]
    if isinstance(node, dict):
        return {k: without_atomic(v) for k, v in node.items() if k != "x-kubernetes-map-type"}
    return node


def owned(run: Json) -> Json:
    """What the API server remembers of those who wrote the status."""
    managers = run["metadata"]["managedFields"]
    (of_status,) = (each for each in managers if each.get("subresource") == "status")
    fields: Json = of_status["fieldsV1"]["f:status"]
    return fields


@pytest.fixture
def place(kubectl: Kubectl) -> Iterator[Place]:
    made = Place(kubectl)
    yield made
    made.undefine()


def test_runs_from_before_are_applied_patched_put_and_told_of_as_ever(place: Place) -> None:
    by_client, by_server = a_run("by-client", input=INPUT), a_run("by-server", input=INPUT)
    place.define(without_atomic(crd(TaskRun)))
    place.apply(by_client)
    place.apply(by_server, "--server-side")
    for name in ("by-client", "by-server"):
        place.put_status(name, "it runs")
    assert owned(place.read("by-client")).keys() > {"."}

    place.define(crd(TaskRun))

    def is_in_force() -> bool:
        place.put_status("by-client", "it runs on")
        return owned(place.read("by-client")) == {}

    until(is_in_force, "the API server goes by the new definition")
    assert "unchanged" in place.apply(by_client)
    place.cancel("by-client")
    place.put("by-client")
    place.put_status("by-server", "it runs on")
    place.apply(a_run("by-server", input=INPUT, cancel=True), "--server-side")
    for name in ("by-client", "by-server"):
        run = place.read(name)
        assert run["spec"] == a_run(input=INPUT, cancel=True)["spec"]
        assert run["status"]["message"] == "it runs on"
        assert owned(run) == {}
