"""A cancel wins whenever it comes, but for a task that has ended: that stays as it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import end_of, reasons_of, time_of

HUGE = service("huge", resources={"requests": {"memory": "1000Ti"}})
SUSPENDED = service("suspended", suspend=True)
LATER = service("later", retries={"limit": 5, "backoff": {"initial": 200, "max": 300}})
LONG = {"seconds": 300}


def test_a_task_that_waits_for_room_is_cancelled(backend: Backend) -> None:
    task = backend.submit("hold", LONG, service=HUGE)
    task.until(phase="Starting", reason="Unschedulable")

    task.cancel()

    ended = task.ended()
    assert end_of(ended) == ("Cancelled", "Cancelled")
    assert reasons_of(ended) == ["Cancelled"]
    assert ended["attempts"][0]["finishedAt"]


def test_a_task_that_waits_for_its_service_is_cancelled(backend: Backend) -> None:
    task = backend.submit("hold", LONG, service=SUSPENDED)
    assert "is suspended" in task.until(phase="Queued", reason="Suspended")["message"]

    task.cancel()

    ended = task.ended()
    assert end_of(ended) == ("Cancelled", "Cancelled")
    assert ended["attempts"] == []


def test_of_a_running_task_that_is_cancelled_log_and_progress_are_kept(backend: Backend) -> None:
    task = backend.submit("hold", LONG)
    task.begun()

    task.cancel()

    ended = task.ended()
    assert end_of(ended) == ("Cancelled", "Cancelled")
    assert "told to end" in task.log()
    said, _ = task.events("progress")
    assert (said.data["fraction"], said.data["message"]) == (0.5, "in the middle of it")
    assert ended["attempts"][0]["logStored"]
    assert reasons_of(ended) == ["Cancelled"]
    assert ended["resourcesReleased"]


def test_a_task_that_will_not_hear_of_a_cancel_is_killed_after_its_grace(backend: Backend) -> None:
    task = backend.submit("hold_stubbornly", LONG)
    task.begun()

    asked = datetime.now(UTC)
    task.cancel()

    told = task.document()
    assert (told["phase"], told["cancelRequested"]) == ("Running", True)
    assert not told["resourcesReleased"]
    ended = task.ended()
    assert end_of(ended) == ("Cancelled", "Cancelled")
    assert timedelta(seconds=4) <= time_of(ended, "finishedAt") - asked < timedelta(seconds=10)


def test_a_task_between_two_attempts_is_cancelled_and_not_tried_again(backend: Backend) -> None:
    task = backend.submit("stumble", {"failures": 9}, service=LATER)
    task.until(reason="BackingOff")

    asked = datetime.now(UTC)
    task.cancel()

    ended = task.ended()
    assert end_of(ended) == ("Cancelled", "Cancelled")
    assert reasons_of(ended) == ["TaskError"]
    assert time_of(ended, "finishedAt") - asked < timedelta(seconds=5)


def test_a_finished_task_stays_as_it_ended(backend: Backend) -> None:
    task = backend.submit("echo", {"text": "x"})
    before = task.ended()

    task.cancel()

    assert task.document() == before
    assert end_of(before) == ("Succeeded", None)
    assert task.result().text == "x"


def test_a_second_cancel_changes_nothing(backend: Backend) -> None:
    task = backend.submit("hold", LONG)
    task.until(phase="Running")

    task.cancel()
    task.cancel()

    assert end_of(task.ended()) == ("Cancelled", "Cancelled")


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5])
def test_of_a_cancel_and_a_success_one_wins_and_all_that_is_told_is_of_one_piece(
    backend: Backend, seconds: float
) -> None:
    task = backend.submit("hold", {"seconds": seconds})
    phases = []

    for event in task.events("phase"):
        phases.append(event.data["phase"])
        if event.data["phase"] == "Running":
            task.cancel()

    ended = task.document()
    assert ended["phase"] in ("Succeeded", "Cancelled")
    assert (ended["result"] is not None) == (ended["phase"] == "Succeeded")
    assert set(phases) - {"Queued", "Starting", "Running"} == {ended["phase"]}
