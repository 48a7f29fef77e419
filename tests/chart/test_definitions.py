"""How Helm treats the definitions, against a real API server.

In a copy of the chart in which they belong to a group of this test's own: the real ones are shared by
everything that runs in the cluster.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from taskyard.api.names import GROUP
from tests.cluster.commands import ClusterError
from tests.cluster.helm import Helm
from tests.cluster.kubectl import Kubectl

from .files import CHART
from .rendering import RELEASE, URL

ONLY_DEFINITIONS = (
    *("--set", f"storage.url={URL}"),
    *("--set", "controller.enabled=false,gateway.enabled=false"),
)


@dataclass(frozen=True)
class Copy:
    """The chart with another API group."""

    folder: Path
    group: str
    kubectl: Kubectl

    @property
    def names(self) -> set[str]:
        return {f"{plural}.{self.group}" for plural in ("taskruns", "taskservices")}

    def installed(self) -> set[str]:
        """Those of its definitions that the cluster has."""
        items = self.kubectl.json("get", "customresourcedefinitions")["items"]
        return {item["metadata"]["name"] for item in items} & self.names

    def describe(self, text: str) -> None:
        """Make another version of the definitions: one that describes a TaskRun in other words."""
        for file in (self.folder / "crd-files").iterdir():
            file.write_text(file.read_text().replace("One call of a task.", text))

    def description(self) -> str:
        """How the cluster describes a TaskRun."""
        name = f"taskruns.{self.group}"
        (version,) = self.kubectl.json("get", "customresourcedefinition", name)["spec"]["versions"]
        description: str = version["schema"]["openAPIV3Schema"]["description"]
        return description


@pytest.fixture
def chart(tmp_path: Path, kubectl: Kubectl) -> Iterator[Copy]:
    folder = tmp_path / "taskyard"
    shutil.copytree(CHART, folder)
    group = f"chart-{secrets.token_hex(4)}.example"
    for file in (folder / "crd-files").iterdir():
        file.write_text(file.read_text().replace(GROUP, group))
    copy = Copy(folder, group, kubectl)
    yield copy
    kubectl("delete", "customresourcedefinitions", "--ignore-not-found", *copy.names)


def test_definitions_are_upgraded_with_the_release_and_survive_it(
    chart: Copy, helm: Helm, namespace: str
) -> None:
    helm.install(RELEASE, chart.folder, namespace, *ONLY_DEFINITIONS)
    assert chart.installed() == chart.names

    chart.describe("Another version.")
    helm.upgrade(RELEASE, chart.folder, namespace, *ONLY_DEFINITIONS)
    assert chart.description() == "Another version."

    said = helm.uninstall(RELEASE, namespace)
    assert chart.installed() == chart.names
    assert "kept due to the resource policy" in said


def test_definitions_go_with_the_release_if_wanted(chart: Copy, helm: Helm, namespace: str) -> None:
    helm.install(RELEASE, chart.folder, namespace, *ONLY_DEFINITIONS, "--set", "crds.keep=false")
    assert chart.installed() == chart.names

    helm.uninstall(RELEASE, namespace, "--wait")

    assert chart.installed() == set()


def test_definitions_of_somebody_else_are_left_alone_unless_they_are_taken_over(
    chart: Copy, helm: Helm, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("create", "-f", chart.folder / "crd-files")
    chart.describe("Another version.")

    with pytest.raises(ClusterError, match="cannot be imported into the current release"):
        helm.install(RELEASE, chart.folder, namespace, *ONLY_DEFINITIONS)
    assert chart.description() == "One call of a task."

    helm.install(RELEASE, chart.folder, namespace, *ONLY_DEFINITIONS, "--take-ownership")
    assert chart.description() == "Another version."
    helm.uninstall(RELEASE, namespace)
