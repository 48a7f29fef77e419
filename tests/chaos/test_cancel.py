"""A cancel wins whenever it comes, but for a run that has ended: that stays as it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.chaos.cases import Case, conditions, planned
from tests.chaos.happenings import (
    backing_off,
    cancel,
    cancel_once_begun,
    cancel_twice,
    ended,
    running,
    unschedulable,
    waiting,
)
from tests.chaos.test_deadlines import NOWHERE
from tests.chaos.yard import RUNS, Yard

LONG = {"seconds": 300}

pending = planned(
    "cancel-pending", "hold", arguments=LONG, service=NOWHERE, waits=True,
    once=(unschedulable, cancel),
)  # fmt: skip
queued = planned(
    "cancel-queued", "hold", arguments=LONG, service_name="not-yet", waits=True,
    once=(waiting, cancel),
)  # fmt: skip
in_full_run = planned("cancel-running", "hold", arguments=LONG, once=(running, cancel_once_begun))
between = planned(
    "cancel-between", "stumble", arguments={"failures": 9}, once=(backing_off, cancel),
    service={"retries": {"limit": 5, "backoff": {"initial": 200, "max": 300}}},
)  # fmt: skip
finished = planned("cancel-finished", "echo", arguments={"text": "x"}, once=(ended, cancel))
twice = planned("cancel-twice", "hold", arguments=LONG, once=(running, cancel_twice))
races = [
    planned(f"cancel-race-{number}", "hold", arguments={"seconds": number / 2},
            once=(running, cancel))
    for number in range(4)
]  # fmt: skip


def test_a_run_that_waits_for_a_node_is_cancelled(yard: Yard) -> None:
    run = yard.ended(pending)

    assert run.end == ("Cancelled", "Cancelled")
    assert run.reasons == ["Cancelled"]
    assert "finishedAt" in run.attempts[0]


def test_a_run_that_waits_for_its_service_is_cancelled(yard: Yard) -> None:
    run = yard.ended(queued)

    assert run.end == ("Cancelled", "Cancelled")
    assert run.attempts == []
    assert "CancelRequested" not in conditions(run.status)


def test_of_a_running_task_that_is_cancelled_log_and_progress_are_kept(yard: Yard) -> None:
    run = yard.ended(in_full_run)

    assert run.end == ("Cancelled", "Cancelled")
    assert b"told to end" in run.stored("log")
    assert b"in the middle of it" in run.stored("progress")
    assert run.attempts[0]["logStored"]
    assert run.attempts[0]["reason"] == "Cancelled"


def test_that_a_running_task_was_told_to_stop_is_said_before_it_has_stopped(yard: Yard) -> None:
    run = yard.ended(in_full_run)

    told = [status for status in run.statuses if "CancelRequested" in conditions(status)]
    assert [status["phase"] for status in told[:1]] == ["Running"]
    assert "has 5 s to clean up" in conditions(told[0])["CancelRequested"]["message"]
    assert told[-1]["phase"] == "Cancelled"
    assert conditions(told[-1])["ResourcesReleased"]["status"] == "True"


def test_a_run_between_two_attempts_is_cancelled_and_not_tried_again(yard: Yard) -> None:
    run = yard.ended(between)

    assert run.end == ("Cancelled", "Cancelled")
    assert run.reasons == ["TaskError"]
    assert run.pods() == [1]
    asked, _ = run.first_with(reason="BackingOff")
    assert datetime.fromisoformat(run.status["finishedAt"]) - asked < timedelta(seconds=5)


def test_a_finished_run_stays_as_it_ended(yard: Yard) -> None:
    run = yard.ended(finished)

    assert yard.api.get(RUNS, run.name)["spec"]["cancel"] is True
    assert run.end == ("Succeeded", "")
    assert {status["phase"] for status in run.statuses[-2:]} <= {"Running", "Succeeded"}
    assert run.stored("result") == b"x"


def test_a_second_cancel_changes_nothing(yard: Yard) -> None:
    assert yard.ended(twice).end == ("Cancelled", "Cancelled")


@pytest.mark.parametrize("case", races, ids=[case.name for case in races])
def test_of_a_cancel_and_a_success_one_wins_and_the_status_is_of_one_piece(
    yard: Yard, case: Case
) -> None:
    run = yard.ended(case)

    phase, _ = run.end
    assert phase in ("Succeeded", "Cancelled")
    assert ("result" in run.status) == (phase == "Succeeded")
    ends = [status["phase"] for status in run.statuses if "finishedAt" in status]
    assert set(ends) == {phase}
