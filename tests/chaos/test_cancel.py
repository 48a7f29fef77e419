"""What is written of a cancel, and one that comes past the gateway; tests/conformance has the rest."""

from __future__ import annotations

from tests.chaos.cases import conditions, planned
from tests.chaos.happenings import cancel, cancel_once_begun, ended, running, waiting
from tests.chaos.yard import RUNS, Yard

LONG = {"seconds": 300}

queued = planned(
    "cancel-queued", "hold", arguments=LONG, service_name="not-yet", waits=True,
    once=(waiting, cancel),
)  # fmt: skip
in_full_run = planned("cancel-running", "hold", arguments=LONG, once=(running, cancel_once_begun))
finished = planned("cancel-finished", "echo", arguments={"text": "x"}, once=(ended, cancel))


def test_a_run_that_waits_for_its_service_is_cancelled(yard: Yard) -> None:
    run = yard.ended(queued)

    assert run.end == ("Cancelled", "Cancelled")
    assert run.attempts == []
    assert "CancelRequested" not in conditions(run.status)


def test_that_a_running_task_was_told_to_stop_is_said_before_it_has_stopped(yard: Yard) -> None:
    run = yard.ended(in_full_run)

    told = [status for status in run.statuses if "CancelRequested" in conditions(status)]
    assert [status["phase"] for status in told[:1]] == ["Running"]
    assert "has 5 s to clean up" in conditions(told[0])["CancelRequested"]["message"]
    assert told[-1]["phase"] == "Cancelled"
    assert conditions(told[-1])["ResourcesReleased"]["status"] == "True"


def test_a_finished_run_stays_as_it_ended(yard: Yard) -> None:
    run = yard.ended(finished)

    assert yard.api.get(RUNS, run.name)["spec"]["cancel"] is True
    assert run.end == ("Succeeded", "")
    assert {status["phase"] for status in run.statuses[-2:]} <= {"Running", "Succeeded"}
    assert run.stored("result") == b"x"
