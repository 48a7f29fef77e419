"""A node dies: its kubelet is stopped, and nothing is heard of its pods until it is back.

THIS STOPS SHARED PARTS: everybody who uses the test cluster is without a node meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.cases import Case, Status
from tests.chaos.happenings import until_begun
from tests.chaos.yard import PODS, Run, Yard
from tests.cluster import cluster
from tests.cluster.control_plane import controllers
from tests.cluster.processes import Process, stopped

pytestmark = pytest.mark.skipif(
    not os.environ.get("TASKYARD_TEST_LONG"), reason="takes two minutes; `make chaos` runs it"
)

GRACE = "--node-monitor-grace-period=20s"
"""Instead of 50 seconds; the kubelet says every 10 seconds that it is there."""


def on_a_mortal_node(disruptions: int) -> dict[str, Any]:
    """A service whose pods are given up soon after their node: in a second, and not in five minutes."""
    gone = [
        {"key": f"node.kubernetes.io/{how}", "operator": "Exists", "effect": "NoExecute",
         "tolerationSeconds": 1}
        for how in ("unreachable", "not-ready")
    ]  # fmt: skip
    return {
        "podTemplate": {"spec": {"tolerations": gone, "terminationGracePeriodSeconds": 1}},
        "retries": {
            "disruptions": disruptions,
            "backoff": {"initial": 1, "factor": 1, "max": 1},
        },
    }


@pytest.fixture
def hasty_cluster(yard: Yard) -> Iterator[None]:
    """A cluster that gives up a node after 20 seconds, and is as before at the end of the test."""
    if not Process("kubelet").alive():
        pytest.skip("the kubelet is no process of this machine")
    yard.until_quiet()
    Process("kube-controller-manager").stop()
    try:
        controllers(GRACE).start()
        yield
    finally:
        Process("kube-controller-manager").stop()
        cluster.up()


def released(status: Status) -> str:
    """What the status says of resources that may be held; empty where it says nothing yet."""
    conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
    return str(conditions.get("ResourcesReleased", ""))


def pods_of(yard: Yard, run: Run) -> list[str]:
    """The pods that are left of a run."""
    pods = yard.api.list(PODS, f"taskyard.dev/run={run.name}")["items"]
    return [pod["metadata"]["name"] for pod in pods]


@pytest.mark.usefixtures("hasty_cluster")
def test_what_ran_on_a_dead_node_is_disrupted_and_runs_again_once_there_is_one(yard: Yard) -> None:
    again = Case(
        "node-died-again", "hold", {"seconds": 300, "attempts": 1}, service=on_a_mortal_node(1)
    )
    at_last = Case("node-died-at-last", "hold", {"seconds": 300}, service=on_a_mortal_node(0))
    yard.submit(again, at_last)
    for case in (again, at_last):
        until_begun(yard, case.name)
    kubelet = Process("kubelet").pid()
    assert kubelet

    with stopped(kubelet):
        ended = yard.ended(at_last)
        waiting = yard.until(again, reason="Unschedulable")
        left = pods_of(yard, ended)

    assert ended.end == ("Failed", "Disrupted")
    assert "does not answer" in ended.message
    assert left, "the pod was forgotten while its containers may run"
    assert released(ended.status) == "Unknown"
    assert all(released(status) != "True" for status in waiting.statuses)
    run = yard.ended(again)
    assert (run.end, run.reasons) == (("Succeeded", ""), ["Disrupted", ""])
    assert run.pods() == [1, 2]
    if released(run.status) == "True":
        assert not [pod for pod in pods_of(yard, run) if pod.startswith(f"{run.name}-1-")]
