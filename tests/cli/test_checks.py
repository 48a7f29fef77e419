"""What `taskyard doctor` makes of what it hears; and of a real cluster's API."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest
import yaml

from taskyard.cli._checks import (
    OLDEST_KUBERNETES,
    Verdict,
    clock_finding,
    kubernetes_finding,
    service_findings,
)
from tests.chart.files import CHART
from tests.cluster.binaries import binary
from tests.cluster.control_plane import ControlPlane

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

    assert kubernetes_finding(json.dumps({"serverVersion": server})).verdict is verdict


def test_the_oldest_cluster_is_the_charts() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["kubeVersion"] == f">={OLDEST_KUBERNETES[0]}.{OLDEST_KUBERNETES[1]}-0"


def test_services_that_are_not_ready_are_named() -> None:
    services = [{"name": "art", "ready": False}, {"name": "maps", "ready": True}]

    told = [(finding.subject, finding.verdict) for finding in service_findings(services)]

    assert told == [("services", Verdict.GOOD), ("service art", Verdict.BAD)]
    assert next(service_findings([])).verdict is Verdict.DOUBTFUL


def test_a_cluster_is_looked_at_through_kubectl(control_plane: ControlPlane) -> None:
    here = Taskyard(
        {
            "KUBECONFIG": str(control_plane.kubeconfig),
            "PATH": f"{binary('kubectl').parent}:{os.environ['PATH']}",
        }
    )

    done = here.call("doctor", "--namespace", "default")

    assert done.code == 1
    assert "ok       cluster: Kubernetes v1." in done.out
    assert "definition taskruns.taskyard.dev:" in done.out
    assert "ok       right to create taskruns: is yours" in done.out
    assert "wrong    gateway: there is no gateway in that namespace" in done.out
