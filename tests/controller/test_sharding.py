"""Controllers share a cluster by its namespaces, with no Lease between them: none touches another's."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from taskyard_operator.settings import load_settings
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server

from .api_door import ApiDoor, Asked
from .conftest import SERVICE, Team
from .processes import Controllers, until


@dataclass
class Shard:
    """A namespace, and the controller that serves no other one."""

    team: Team
    controllers: Controllers
    door: ApiDoor

    def elsewhere(self) -> list[Asked]:
        """What its controller has asked about that is in no namespace of its own."""
        own = f"/namespaces/{self.team.namespace}/"
        return self.door.asked(lambda asked: own not in asked.path and _of_namespaces(asked))


def _of_namespaces(asked: Asked) -> bool:
    """Whether a request is about objects in namespaces: not the definitions, nor what kinds there are."""
    plural = ("taskruns", "taskservices", "jobs", "pods")
    return asked.path.endswith(plural) or "/namespaces/" in asked.path


@pytest.fixture
def namespaces(kubectl: Kubectl, definitions: None) -> Iterator[list[str]]:
    """Two namespaces that are served, and one that is not."""
    names = [f"shard-{secrets.token_hex(3)}" for _ in range(3)]
    for name in names:
        kubectl("create", "namespace", name)
        kubectl("wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=30s")
        kubectl.apply(SERVICE, namespace=name)
    yield names
    for name in names:
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def shards(
    namespaces: list[str],
    kubectl: Kubectl,
    api_server: httpx.Client,
    control_plane: ControlPlane,
    object_store: S3Server,
    tmp_path: Path,
) -> Iterator[list[Shard]]:
    """A controller at work in each of the namespaces that are served."""
    with ExitStack() as stack:
        found = []
        for namespace in namespaces[:2]:
            folder = tmp_path / namespace
            folder.mkdir()
            door = stack.enter_context(ApiDoor(control_plane.kubeconfig, folder))
            controllers = Controllers(folder, namespace, door.kubeconfig, object_store)
            stack.callback(controllers.stop)
            controllers.start(enabled=False)
            found.append(Shard(Team(kubectl, api_server, namespace), controllers, door))
        for shard in found:
            until(shard.controllers.started[0].leads, "it works")
        yield found


def test_each_serves_its_own_namespace_and_asks_about_no_other(
    shards: list[Shard], namespaces: list[str], kubectl: Kubectl, api_server: httpx.Client
) -> None:
    nobodys = Team(kubectl, api_server, namespaces[2])
    nobodys.submit("call")
    for shard in shards:
        shard.team.submit("call")

    for shard in shards:
        until(lambda team=shard.team: team.jobs() == {"call-1"}, "the run has its Job")  # type: ignore[misc]

    assert [shard.elsewhere() for shard in shards] == [[], []]
    assert nobodys.jobs() == set()
    run = kubectl.json("get", "taskruns.taskyard.dev", "call", "-n", nobodys.namespace)
    assert not run.get("status")


def test_the_end_of_one_is_felt_in_its_namespace_only(shards: list[Shard]) -> None:
    gone, left = shards
    gone.controllers.stop()

    gone.team.submit("waits")
    left.team.submit("runs")

    until(lambda: left.team.jobs() == {"runs-1"}, "the run has its Job")
    assert gone.team.jobs() == set()
    gone.controllers.start(enabled=False)
    until(lambda: gone.team.jobs() == {"waits-1"}, "the next one takes it up")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["team", "other", "team"], "team is named twice"),
        ([""], "'' is no name of a namespace"),
        (["team-*"], "'team-\\*' is no name of a namespace"),
    ],
    ids=["twice", "empty", "pattern"],
)
def test_names_that_are_none_of_a_namespace_or_named_twice_are_refused(
    tmp_path: Path, names: list[str], said: str
) -> None:
    """One that is empty would be taken for all of them."""
    file = tmp_path / "config.yaml"
    file.write_text(
        json.dumps({"storage": {"url": "s3://bucket"}, "controller": {"namespaces": names}})
    )

    with pytest.raises(ValueError, match=f"controller.namespaces: .*{said}"):
        load_settings(file)
