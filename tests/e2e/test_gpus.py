"""GPUs are given out one by one, and who waits for one is told so."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from taskyard import SyncHTTPClient, TaskStatus
from tests.e2e.conftest import lab_manifest
from tests.e2e.installation import Installation

PATIENCE = 120


@pytest.fixture
def gpu_client(lab: Installation, gateway: str) -> Iterator[SyncHTTPClient]:
    """A service each of whose tasks wants one GPU."""
    image = lab.get("taskservices.taskyard.dev", "lab")["spec"]["image"]
    manifest = lab_manifest("gpu-lab", image=image, gpu={"count": 1})
    lab.kubectl.apply(manifest, namespace=lab.namespace)
    with SyncHTTPClient(f"{gateway}/services/gpu-lab") as client:
        yield client


def test_of_three_tasks_two_get_the_two_gpus_and_the_third_says_what_it_waits_for(
    lab: Installation, gpu_client: SyncHTTPClient
) -> None:
    tasks = [gpu_client.hold.submit(seconds=15) for _ in range(3)]
    seen: list[TaskStatus] = []

    deadline = time.monotonic() + PATIENCE
    while sorted(status.phase for status in seen) != ["Running", "Running", "Starting"]:
        assert time.monotonic() < deadline, [str(status) for status in seen]
        time.sleep(0.3)
        seen = [task.get_status() for task in tasks]
    waiting = next(status for status in seen if status.phase == "Starting")
    until_told = time.monotonic() + 10
    third = tasks[seen.index(waiting)]
    while waiting.reason != "Unschedulable":
        assert time.monotonic() < until_told, waiting
        time.sleep(0.3)
        waiting = third.get_status()

    assert waiting.message is not None
    assert "Insufficient nvidia.com/gpu" in waiting.message
    assert {task.wait(PATIENCE).value for task in tasks} == {"success"}
