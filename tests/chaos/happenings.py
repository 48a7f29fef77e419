"""Moments in the life of a run, and what may happen to it then."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from obstore.exceptions import BaseError

from taskyard.api.names import LABEL_RUN
from tests.chaos.cases import Status
from tests.chaos.yard import JOBS, PATIENCE, PODS, RUNS, Yard


def running(status: Status) -> bool:
    return status.get("phase") == "Running"


def waiting(status: Status) -> bool:
    return status.get("phase") in ("Queued", "Starting")


def backing_off(status: Status) -> bool:
    return status.get("reason") == "BackingOff"


def unschedulable(status: Status) -> bool:
    return status.get("reason") == "Unschedulable"


def ended(status: Status) -> bool:
    return status.get("phase") in ("Succeeded", "Failed")


def cancel(yard: Yard, name: str) -> None:
    yard.api.patch(RUNS, name, {"spec": {"cancel": True}})


def cancel_twice(yard: Yard, name: str) -> None:
    cancel(yard, name)
    cancel(yard, name)


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
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            yard.stored(name, "progress", 1)
        except (BaseError, OSError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{name} did not begin by {datetime.now(UTC):%H:%M:%S}")


def _pod(yard: Yard, name: str) -> str:
    pods = yard.api.list(PODS, f"{LABEL_RUN}={name}")["items"]
    return str(pods[0]["metadata"]["name"])
