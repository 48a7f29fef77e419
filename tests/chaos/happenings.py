"""Moments in the life of a run, and what may happen to it then."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from obstore.exceptions import BaseError

from taskyard.api.names import LABEL_RUN
from tests.chaos.cases import Status
from tests.chaos.yard import JOBS, PATIENCE, PODS, RUNS, Yard

LINGERS = "example.com/lingers"
"""A finalizer of somebody who does not let go."""


def running(status: Status) -> bool:
    return status.get("phase") == "Running"


def waiting(status: Status) -> bool:
    return status.get("phase") in ("Queued", "Starting")


def ended(status: Status) -> bool:
    return status.get("phase") in ("Succeeded", "Failed")


def cancel(yard: Yard, name: str) -> None:
    yard.api.patch(RUNS, name, {"spec": {"cancel": True}})


def cancel_once_begun(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    cancel(yard, name)


def delete_pod(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.delete(PODS, _pod(yard, name))


def delete_pod_by_force(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.delete(PODS, _pod(yard, name), gracePeriodSeconds=0)


def evict_pod(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.evict(_pod(yard, name))


def preempt_pod(yard: Yard, name: str) -> None:
    """A more important pod wants the port of the node that the task has, and goes when it was made way for."""
    until_begun(yard, name)
    victim = _pod(yard, name)
    spec = yard.api.get(PODS, victim)["spec"]
    ports = [port for container in spec["containers"] for port in container["ports"]]
    container = {"name": "taker", "image": yard.trouble.without_runner, "ports": ports}
    yard.api.create(
        PODS,
        {
            "metadata": {"name": f"{name}-taker", "labels": {"app": "taker"}},
            "spec": {"priorityClassName": "system-node-critical", "containers": [container]},
        },
    )
    try:
        _until(lambda: victim not in _pods(yard, name), f"{victim} is gone")
    finally:
        yard.api.delete(PODS, f"{name}-taker", gracePeriodSeconds=0)


def delete_pod_that_stays(yard: Yard, name: str) -> None:
    """Something holds the pod that was deleted until the run has ended without it."""
    until_begun(yard, name)
    pod = _pod(yard, name)
    _set_finalizers(yard, pod, lambda there: [*there, LINGERS])
    try:
        yard.api.delete(PODS, pod)
        _until(lambda: ended(yard.api.get(RUNS, name)["status"]), f"{name} ends")
        assert yard.api.get(PODS, pod)["metadata"]["deletionTimestamp"]
    finally:
        _set_finalizers(yard, pod, lambda there: [each for each in there if each != LINGERS])


def delete_job(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.delete(JOBS, f"{name}-1", propagationPolicy="Background")


def delete_job_and_leave_its_pod(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.delete(JOBS, f"{name}-1", propagationPolicy="Orphan")


def suspend_job(yard: Yard, name: str) -> None:
    until_begun(yard, name)
    yard.api.patch(JOBS, f"{name}-1", {"spec": {"suspend": True}})


def until_begun(yard: Yard, name: str) -> None:
    """Wait until user code runs: it has told its progress."""

    def told() -> bool:
        try:
            yard.stored(name, "progress", 1)
        except (BaseError, OSError):
            return False
        return True

    _until(told, f"{name} begins")


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not true by {datetime.now(UTC):%H:%M:%S}: {what}")
        time.sleep(0.2)


def _pod(yard: Yard, name: str) -> str:
    return _pods(yard, name)[0]


def _pods(yard: Yard, name: str) -> list[str]:
    pods = yard.api.list(PODS, f"{LABEL_RUN}={name}")["items"]
    return [str(pod["metadata"]["name"]) for pod in pods]


def _set_finalizers(yard: Yard, pod: str, change: Callable[[list[str]], list[str]]) -> None:
    """Change what must happen before the pod is gone; others change it, too."""
    metadata = yard.api.get(PODS, pod)["metadata"]
    changed = {
        "resourceVersion": metadata["resourceVersion"],
        "finalizers": change(metadata.get("finalizers", [])),
    }
    yard.api.patch(PODS, pod, {"metadata": changed})
