"""Each stage of a task has a clock; the one that runs out ends it, on time and with the true reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import end_of, time_of
from tests.conformance.test_cancel import HUGE, LONG, SUSPENDED

ABOUT_A_SECOND = timedelta(seconds=2)
"""The kubelet counts in whole seconds, and 2 cores are busy with everybody's tasks."""
NO_ROOM = {
    "local": "It needs 1024000.0 GiB of memory, and this machine has",
    "cluster": "nodes are available: 1 Insufficient memory",
}


def hasty(name: str, of_service: int, of_task: int) -> str:
    return service(
        name,
        deadlines={"run": of_service},
        tasks={"hold": {"deadlines": {"run": of_task}}},
    )


BY_SERVICE = hasty("hasty-service", 6, 100)
BY_TASK = hasty("hasty-task", 100, 6)
BY_NEITHER = hasty("hasty-caller", 200, 100)


def test_a_task_that_runs_too_long_is_told_to_end_and_its_log_says_so(backend: Backend) -> None:
    task = backend.submit("hold", LONG, runDeadline=8)

    task.until(phase="Running", reason="RunDeadlineExceeded")

    said = datetime.now(UTC)
    ended = task.ended()
    assert end_of(ended) == ("Failed", "RunDeadlineExceeded")
    assert ended["message"] == "The task ran longer than 8 s."
    assert "told to end" in task.log()
    assert ended["attempts"][0]["logStored"]
    due = time_of(ended, "startedAt") + timedelta(seconds=8)
    assert due <= said < due + ABOUT_A_SECOND
    assert time_of(ended, "finishedAt") - due < 2 * ABOUT_A_SECOND


def test_a_task_that_will_not_hear_of_its_deadline_is_killed_after_its_grace(
    backend: Backend,
) -> None:
    ended = backend.submit("hold_stubbornly", LONG, runDeadline=8).ended()

    assert end_of(ended) == ("Failed", "RunDeadlineExceeded")
    killed = time_of(ended, "startedAt") + timedelta(seconds=8 + 5)
    assert timedelta(seconds=-1) <= time_of(ended, "finishedAt") - killed < 2 * ABOUT_A_SECOND


def test_a_task_that_fits_nowhere_fails_with_the_sentence_that_says_why(backend: Backend) -> None:
    task = backend.submit("echo", {"text": "x"}, service=HUGE, startDeadline=6)

    waiting = task.until(phase="Starting", reason="Unschedulable")
    ended = task.ended()

    assert NO_ROOM[backend.name] in waiting["message"]
    assert end_of(ended) == ("Failed", "StartDeadlineExceeded")
    assert ended["message"].startswith("No container ran within 6 s. Last it waited for this: ")
    assert NO_ROOM[backend.name] in ended["message"]
    waited = time_of(ended, "finishedAt") - time_of(ended, "createdAt")
    assert timedelta(seconds=6) <= waited < timedelta(seconds=6) + 2 * ABOUT_A_SECOND


def test_a_task_whose_turn_never_comes_fails_when_its_queue_deadline_is_over(
    backend: Backend,
) -> None:
    ended = backend.submit("echo", {"text": "x"}, service=SUSPENDED, queueDeadline=4).ended()

    assert end_of(ended) == ("Failed", "QueueDeadlineExceeded")
    assert ended["message"].startswith("The run was not admitted within 4 s.")
    assert "is suspended" in ended["message"]
    assert ended["attempts"] == []
    waited = time_of(ended, "finishedAt") - time_of(ended, "createdAt")
    assert timedelta(seconds=4) <= waited < timedelta(seconds=4) + ABOUT_A_SECOND


@pytest.mark.parametrize(
    ("name", "run_deadline"),
    [
        pytest.param(BY_SERVICE, 200, id="the service's"),
        pytest.param(BY_TASK, 200, id="the task's"),
        pytest.param(BY_NEITHER, 6, id="the caller's"),
    ],
)
def test_of_the_deadlines_of_service_task_and_caller_the_shortest_counts(
    backend: Backend, name: str, run_deadline: int
) -> None:
    ended = backend.submit("hold", LONG, service=name, runDeadline=run_deadline).ended()

    assert ended["message"] == "The task ran longer than 6 s."
