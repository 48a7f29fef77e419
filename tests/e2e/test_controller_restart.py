"""The controller is killed in the middle of everything, and nobody notices but its log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskyard import SyncHTTPClient
from tests.chart.rendering import RELEASE
from tests.e2e.conftest import lab_manifest
from tests.e2e.installation import Installation

PATIENCE = 240
CONTROLLER = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=controller"
LATE = "late-service"
GREEDY = "greedy"


def phases(installation: Installation, names: list[str]) -> Counter[str]:
    """How many of the runs are in which phase, as kubectl tells it."""
    runs = installation.get("taskruns.taskyard.dev")["items"]
    return Counter(
        run.get("status", {}).get("phase", "Queued")
        for run in runs
        if run["metadata"]["name"] in names
    )


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that the cluster brings about by itself."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE} s in vain until {what}")
        time.sleep(0.3)


def jobs(installation: Installation, names: list[str]) -> dict[str, str]:
    """The uid of every Job of the runs, by name."""
    return {
        job["metadata"]["name"]: job["metadata"]["uid"]
        for job in installation.get("jobs")["items"]
        if job["metadata"]["labels"].get("taskyard.dev/run") in names
    }


def by_kubectl(installation: Installation, name: str, service: str) -> None:
    """A run of a service that may not exist: the gateway would refuse it."""
    spec: dict[str, Any] = {"service": service, "task": "greet", "input": {"inline": {"name": "C"}}}
    run = {"apiVersion": "taskyard.dev/v1alpha1", "kind": "TaskRun", "spec": spec}
    installation.kubectl.apply(run | {"metadata": {"name": name}}, namespace=installation.namespace)


@pytest.fixture
def greedy(lab: Installation, gateway: str) -> Iterator[SyncHTTPClient]:
    """A service whose tasks stay in phase Starting, since no node has a million cores."""
    lab.kubectl.apply(
        lab_manifest(GREEDY, image="unused", resources={"requests": {"cpu": "1000000"}}),
        namespace=lab.namespace,
    )
    with SyncHTTPClient(f"{gateway}/services/{GREEDY}") as client:
        yield client


def test_twenty_tasks_in_every_phase_survive_the_death_of_the_controller(
    lab: Installation, client: SyncHTTPClient, greedy: SyncHTTPClient
) -> None:
    done = [client.greet.submit(name=str(number)) for number in range(4)]
    failed = [client.fail.submit(message=str(number)) for number in range(2)]
    cancelled = [greedy.greet.submit(name="x") for _ in range(2)]
    for task in cancelled:
        task.cancel()
    for task in [*done, *failed, *cancelled]:
        task.wait(PATIENCE)
    running = [client.hold.submit(seconds=30) for _ in range(5)]
    starting = [greedy.greet.submit(name="x") for _ in range(3)]
    late = ["late-0", "late-1"]
    for name in late:
        by_kubectl(lab, name, LATE)
    submitted = [*done, *failed, *cancelled, *running, *starting]
    before = [*(task.id for task in submitted), *late]
    wanted = {
        "Succeeded": 4, "Failed": 2, "Cancelled": 2, "Running": 5, "Starting": 3, "Queued": 2,
    }  # fmt: skip
    until(lambda: phases(lab, before) == wanted, f"the phases are {wanted}")
    jobs_before = jobs(lab, before)

    lab.kill(CONTROLLER)
    meanwhile = [client.greet.submit(name="meanwhile") for _ in range(2)]
    for task in [running[0], *starting]:
        task.cancel()
    image = lab.get("taskservices.taskyard.dev", "lab")["spec"]["image"]
    lab.kubectl.apply(lab_manifest(LATE, image=image), namespace=lab.namespace)

    everything = [*before, *(task.id for task in meanwhile)]
    assert len(everything) == 20
    ends = {"Succeeded": 12, "Failed": 2, "Cancelled": 6}
    until(lambda: phases(lab, everything) == ends, f"the phases are {ends}")
    assert lab.restarts(CONTROLLER) == [137]
    assert [task.get() for task in running[1:]] == [30.0] * 4
    jobs_after = jobs(lab, everything)
    assert all(jobs_before.get(name, uid) == uid for name, uid in jobs_after.items())
    pods = Counter(
        pod["metadata"]["labels"]["taskyard.dev/run"]
        for pod in lab.get("pods", "-l", "app.kubernetes.io/managed-by=taskyard")["items"]
    )
    ran = [*(task.id for task in [*done, *failed, *running[1:], *meanwhile]), *late]
    assert {name: pods[name] for name in ran} == dict.fromkeys(ran, 1)
