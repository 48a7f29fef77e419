"""What `taskyard doctor` makes of what it hears; and of a real cluster's API."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import yaml

from taskyard.api.taskrun import TaskRun
from taskyard.cli._doctor import _print
from taskyard.cli._findings import Finding, Verdict
from taskyard.cli._gateway_checks import clock_finding, service_findings
from taskyard.cli._versions import (
    OLDEST_KUBERNETES,
    definition_finding,
    kubernetes_finding,
    version_finding,
)
from taskyard_operator.crds import crd
from tests.chart.files import CHART
from tests.cluster.binaries import binary
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.controller.definitions import install

from .calling import Taskyard

NOON = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "verdict", "told"),
    [
        ("Wed, 01 Jul 2026 12:00:03 GMT", Verdict.GOOD, "agrees"),
        ("Wed, 01 Jul 2026 12:01:00 GMT", Verdict.DOUBTFUL, "is 60 s behind the gateway's"),
        ("Wed, 01 Jul 2026 11:59:00 GMT", Verdict.DOUBTFUL, "is 60 s ahead of the gateway's"),
        ("", Verdict.DOUBTFUL, "does not tell its time"),
    ],
)
def test_two_clocks_are_compared(date: str, verdict: Verdict, told: str) -> None:
    finding = clock_finding(date, NOON)

    assert finding.verdict is verdict
    assert told in finding.told


@pytest.mark.parametrize(
    ("minor", "verdict"),
    [("30", Verdict.DOUBTFUL), ("31", Verdict.GOOD), ("36+", Verdict.GOOD)],
)
def test_an_old_cluster_is_doubtful(minor: str, verdict: Verdict) -> None:
    server = {"major": "1", "minor": minor, "gitVersion": f"v1.{minor}.0"}

    assert kubernetes_finding(server).verdict is verdict


def test_the_oldest_cluster_is_the_charts() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["kubeVersion"] == f">={OLDEST_KUBERNETES[0]}.{OLDEST_KUBERNETES[1]}-0"


@pytest.mark.parametrize(
    ("theirs", "verdict", "told", "remedy"),
    [
        ("1.2.0", Verdict.GOOD, "is 1.2.0, as this command", ""),
        ("1.1.0", Verdict.DOUBTFUL, "is 1.1.0, and this command is 1.2.0", "taskyard==1.1.0"),
        (None, Verdict.DOUBTFUL, "is older than this command", "Upgrade the release to 1.2.0"),
    ],
)
def test_versions_are_compared(
    theirs: str | None, verdict: Verdict, told: str, remedy: str
) -> None:
    finding = version_finding("version of the gateway", theirs, "1.2.0")

    assert finding.verdict is verdict
    assert told in finding.told
    assert remedy in finding.remedy


def test_a_definition_that_is_older_is_told_by_what_it_lacks() -> None:
    definition = crd(TaskRun)
    same = definition_finding(TaskRun, definition, "1.2.0")
    properties = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    del properties["spec"]["properties"]["retryOf"]
    older = definition_finding(TaskRun, definition, "1.2.0")

    assert (same.verdict, same.told) == (Verdict.GOOD, "knows all that 1.2.0 needs")
    assert (older.verdict, older.told) == (
        Verdict.BAD, "is older than this command, and lacks spec.retryOf",
    )  # fmt: skip
    assert "kubectl apply -f crds/" in older.remedy


def test_services_that_are_not_ready_are_named() -> None:
    services = [{"name": "art", "ready": False}, {"name": "maps", "ready": True}]

    told = [(finding.subject, finding.verdict) for finding in service_findings(services)]

    assert told == [("services", Verdict.GOOD), ("service art", Verdict.BAD)]
    assert next(service_findings([])).verdict is Verdict.DOUBTFUL


def test_what_is_found_is_told_in_lines_that_a_terminal_does_not_obey(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _print(Finding("services", Verdict.BAD, "no\x1b[2J answer\nat all", "Look\x9b there"))

    assert capsys.readouterr().out.splitlines() == [
        r"wrong    services: no\x1b[2J answer at all", r"         → Look\x9b there",
    ]  # fmt: skip


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """A namespace with an older controller, which does not run, and no gateway."""
    kubectl, name = Kubectl(control_plane.kubeconfig), f"doctor-{secrets.token_hex(4)}"
    install(kubectl)
    kubectl("create", "namespace", name)
    labels = {
        "app.kubernetes.io/name": "taskyard",
        "app.kubernetes.io/component": "controller",
        "app.kubernetes.io/version": "0.0.1",
    }
    container = {"name": "controller", "image": "nowhere.test/controller:0.0.1"}
    kubectl.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "controller", "labels": labels},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        },
        namespace=name,
    )
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def test_a_cluster_is_looked_at_through_kubectl(
    control_plane: ControlPlane, namespace: str
) -> None:
    here = Taskyard(
        {
            "KUBECONFIG": str(control_plane.kubeconfig),
            "PATH": f"{binary('kubectl').parent}:{os.environ['PATH']}",
        }
    )

    done = here.call("doctor", "--namespace", namespace)

    assert done.code == 1
    assert "ok       cluster: Kubernetes v1." in done.out
    assert "ok       definition taskruns.taskyard.dev: knows all that" in done.out
    assert "warning  version of the controller: is 0.0.1, and this command is" in done.out
    assert "ok       right to create taskruns: is yours" in done.out
    assert "wrong    gateway: there is no gateway in that namespace" in done.out
