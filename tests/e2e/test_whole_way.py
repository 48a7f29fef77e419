"""From the client through gateway, TaskRun, Job, pod and object store, and back."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image

from taskyard import SyncHTTPClient
from tests.e2e.installation import Installation

PATIENCE = 90
"""Seconds that a task of less than a second may take on a loaded machine of two cores."""


def test_a_task_ends_with_its_result_and_kubectl_shows_what_http_shows(
    lab: Installation, client: SyncHTTPClient
) -> None:
    task = client.greet.submit(name="Ann", times=2)

    status = task.wait(PATIENCE)

    assert (status.value, status.phase) == ("success", "Succeeded")
    assert task.get() == "Hello, Ann! Hello, Ann!"
    line = lab.in_namespace("get", "taskruns.taskyard.dev", task.id, "--no-headers")
    assert line.split()[:5] == [task.id, "lab", "greet", "Succeeded", "1"]


def test_models_go_in_and_out_and_async_tasks_run(client: SyncHTTPClient) -> None:
    points = [{"x": 0, "y": 0}, {"x": 4, "y": 2}]

    assert client.middle(points=points) == {"x": 2.0, "y": 1.0}


def test_a_picture_goes_in_and_out(client: SyncHTTPClient) -> None:
    red = Image.new("RGB", (40, 30), "red")

    grey = client.grey(picture=red)

    assert (grey.mode, grey.size) == ("L", (40, 30))


def test_a_file_goes_in_and_out(client: SyncHTTPClient, tmp_path: Path) -> None:
    document = tmp_path / "large.bin"
    document.write_bytes(bytes(range(256)) * 40_000)

    answer = client.digest(document=document)

    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    assert answer.read_text() == f"{document.stat().st_size} {digest}"


def test_a_cancelled_task_is_stopped_and_its_pod_goes(
    lab: Installation, client: SyncHTTPClient
) -> None:
    task = client.hold.submit(seconds=300)
    running = "--for=jsonpath={.status.phase}=Running"
    lab.in_namespace("wait", f"taskruns.taskyard.dev/{task.id}", running, f"--timeout={PATIENCE}s")

    task.cancel()
    status = task.wait(PATIENCE)

    assert (status.value, status.phase) == ("cancelled", "Cancelled")
    selector = f"taskyard.dev/run={task.id}"
    for pod in lab.get("pods", "-l", selector)["items"]:
        assert "terminated" in pod["status"]["containerStatuses"][0]["state"]
    lab.in_namespace("wait", "--for=delete", "pod", "-l", selector, "--timeout=30s")


def test_a_taskrun_made_by_kubectl_runs_without_the_gateway(lab: Installation) -> None:
    lab.kubectl.apply(
        {
            "apiVersion": "taskyard.dev/v1alpha1",
            "kind": "TaskRun",
            "metadata": {"name": "by-hand"},
            "spec": {"service": "lab", "task": "greet", "input": {"inline": {"name": "Bo"}}},
        },
        namespace=lab.namespace,
    )

    lab.in_namespace(
        *("wait", "taskruns.taskyard.dev/by-hand", f"--timeout={PATIENCE}s"),
        "--for=jsonpath={.status.phase}=Succeeded",
    )


def test_deleting_a_taskrun_takes_its_job_and_pod_with_it(
    lab: Installation, client: SyncHTTPClient
) -> None:
    task = client.hold.submit(seconds=300)
    lab.in_namespace("wait", "--for=create", f"job/{task.id}-1", f"--timeout={PATIENCE}s")

    lab.in_namespace("delete", "taskruns.taskyard.dev", task.id)

    gone = ("wait", "--for=delete", f"job/{task.id}-1", f"--timeout={PATIENCE}s")
    lab.in_namespace(*gone)
    # The Job is gone at once with its owner, its pod after the task's grace period.
    pods = ("pod", "-l", f"taskyard.dev/run={task.id}", "--timeout=60s")
    lab.in_namespace("wait", "--for=delete", *pods)
