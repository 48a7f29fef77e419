"""A namespace with controllers, a service and its runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from taskyard.api.names import API_VERSION
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server

from .definitions import install
from .line import Line
from .processes import Controllers

SERVICE = {
    "apiVersion": "taskyard.dev/v1alpha1",
    "kind": "TaskService",
    "metadata": {"name": "greedy"},
    "spec": {
        "image": "unused",
        "entrypoint": "service:Greedy",
        "tasks": [{"name": "greet"}],
        # Its pods are never scheduled, node or no node: Jobs are all that there is to see.
        "resources": {"requests": {"cpu": "1000000"}},
    },
}


@dataclass
class Team:
    """The namespace of a test, with the service `greedy` in it."""

    kubectl: Kubectl
    api: httpx.Client
    """The API server, for what is asked again and again."""
    namespace: str
    jobs_seen: dict[str, set[str]] = field(default_factory=dict)
    """The uids that a Job of each name ever had, as far as `jobs` was asked."""

    def submit(self, *names: str, **fields: Any) -> None:
        """Create runs; what is different from others is given by the fields of their spec."""
        spec = {"service": "greedy", "task": "greet", "input": {"inline": {}}, **fields}
        kind = {"apiVersion": "taskyard.dev/v1alpha1", "kind": "TaskRun", "spec": spec}
        runs = [kind | {"metadata": {"name": name}} for name in names]
        self.kubectl.apply(*runs, namespace=self.namespace)

    def jobs(self) -> set[str]:
        """The names of all Jobs."""
        items = self._listed("batch/v1", "jobs")
        for item in items:
            uids = self.jobs_seen.setdefault(item["metadata"]["name"], set())
            uids.add(item["metadata"]["uid"])
        return {item["metadata"]["name"] for item in items}

    def cancel(self, *names: str) -> None:
        """Ask for the end of runs."""
        for name in names:
            patch = '{"spec": {"cancel": true}}'
            self.kubectl(
                "patch",
                "taskruns.taskyard.dev",
                name,
                "-n",
                self.namespace,
                "--type=merge",
                "-p",
                patch,
            )

    def phases(self) -> dict[str, str]:
        """The phase of each run."""
        return {
            run["metadata"]["name"]: run.get("status", {}).get("phase", "")
            for run in self._listed(API_VERSION, "taskruns")
        }

    def holder(self) -> str:
        """Who holds the Lease, as kubectl tells it; empty where nobody does."""
        flag = "jsonpath={.items[*].spec.holderIdentity}"
        return self.kubectl("get", "leases", "-n", self.namespace, "-o", flag)

    def _listed(self, group: str, plural: str) -> Any:
        answer = self.api.get(f"/apis/{group}/namespaces/{self.namespace}/{plural}")
        return answer.raise_for_status().json()["items"]


@pytest.fixture
def definitions(kubectl: Kubectl) -> None:
    """The definitions of this tree, unless those that are installed have all that it needs.

    Looked at for each test: a cluster has one set of them, and others who use it may change it.
    """
    install(kubectl)


@pytest.fixture
def team(kubectl: Kubectl, api_server: httpx.Client, definitions: None, namespace: str) -> Team:
    kubectl.apply(SERVICE, namespace=namespace)
    return Team(kubectl, api_server, namespace)


@pytest.fixture
def controllers(
    team: Team, control_plane: ControlPlane, object_store: S3Server, tmp_path: Path
) -> Iterator[Controllers]:
    """Controllers of the team's namespace; none of them outlives the test."""
    all_of_them = Controllers(tmp_path, team.namespace, control_plane.kubeconfig, object_store)
    yield all_of_them
    all_of_them.stop()


@pytest.fixture
def line(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Line]:
    """A line to the API server that can be cut."""
    between = Line(control_plane.kubeconfig, tmp_path)
    yield between
    between.close()
