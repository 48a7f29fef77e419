"""Each stage of a run has a clock; the one that runs out ends it, on time and with the true reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.chaos.cases import planned
from tests.chaos.yard import Yard

ABOUT_A_SECOND = timedelta(seconds=2)
"""The kubelet counts in whole seconds, and 2 cores are busy with everybody's pods."""
NOWHERE = {"podTemplate": {"spec": {"nodeSelector": {"example.com/nowhere": "yes"}}}}

too_long = planned("too-long", "hold", arguments={"seconds": 300}, deadlines={"run": 8})
stubborn = planned("stubborn", "hold_stubbornly", arguments={"seconds": 300}, deadlines={"run": 8})
homeless = planned(
    "homeless", "echo", arguments={"text": "x"}, deadlines={"start": 6}, service=NOWHERE, waits=True
)
lost_letter = planned(
    "lost-letter", "echo", arguments={"text": "x"}, deadlines={"queue": 4},
    service_name="no-such-service", waits=True,
)  # fmt: skip
by_service = planned(
    "shortest-of-service", "hold", arguments={"seconds": 300}, deadlines={"run": 200},
    service={"deadlines": {"run": 6}}, settings={"deadlines": {"run": 100}},
)  # fmt: skip
by_task = planned(
    "shortest-of-task", "hold", arguments={"seconds": 300}, deadlines={"run": 200},
    service={"deadlines": {"run": 100}}, settings={"deadlines": {"run": 6}},
)  # fmt: skip
by_run = planned(
    "shortest-of-run", "hold", arguments={"seconds": 300}, deadlines={"run": 6},
    service={"deadlines": {"run": 200}}, settings={"deadlines": {"run": 100}},
)  # fmt: skip


def test_a_task_that_runs_too_long_is_told_to_end_and_its_log_says_so(yard: Yard) -> None:
    run = yard.ended(too_long)

    assert run.end == ("Failed", "RunDeadlineExceeded")
    assert run.message == "The task ran longer than 8 s."
    assert b"told to end" in run.stored("log")
    assert run.attempts[0]["logStored"]
    said, _ = run.first_with(phase="Running", reason="RunDeadlineExceeded")
    due = run.time("startedAt") + timedelta(seconds=8)
    assert due <= said < due + ABOUT_A_SECOND
    assert run.time("finishedAt") - due < 2 * ABOUT_A_SECOND


def test_a_task_that_will_not_hear_of_its_deadline_is_killed_after_its_grace(yard: Yard) -> None:
    run = yard.ended(stubborn)

    assert run.end == ("Failed", "RunDeadlineExceeded")
    killed = run.time("startedAt") + timedelta(seconds=8 + 5)
    assert timedelta(seconds=-1) <= run.time("finishedAt") - killed < 2 * ABOUT_A_SECOND


def test_a_pod_that_fits_no_node_fails_with_the_schedulers_sentence(yard: Yard) -> None:
    run = yard.ended(homeless)

    assert run.end == ("Failed", "StartDeadlineExceeded")
    assert run.message.startswith("No container ran within 6 s. Last it waited for this: ")
    assert "0/1 nodes are available: 1 node(s) didn't match" in run.message
    _, waiting = run.first_with(phase="Starting", reason="Unschedulable")
    assert "didn't match Pod's node affinity/selector" in waiting["message"]
    job_created = datetime.fromisoformat(run.status["queuedAt"])
    said, _ = run.first_with(reason="StartDeadlineExceeded")
    assert timedelta(seconds=6) <= said - job_created < timedelta(seconds=6) + 2 * ABOUT_A_SECOND


def test_a_run_whose_service_never_comes_fails_when_its_queue_deadline_is_over(yard: Yard) -> None:
    run = yard.ended(lost_letter)

    assert run.end == ("Failed", "QueueDeadlineExceeded")
    assert run.message.startswith("The run was not admitted within 4 s.")
    assert "There is no TaskService no-such-service" in run.message
    waited = datetime.fromisoformat(run.status["finishedAt"]) - datetime.fromisoformat(
        run.status["queuedAt"]
    )
    assert timedelta(seconds=4) <= waited < timedelta(seconds=4) + ABOUT_A_SECOND
    assert run.pods() == []


def test_of_the_deadlines_of_service_task_and_run_the_shortest_counts(yard: Yard) -> None:
    for case in (by_service, by_task, by_run):
        assert yard.ended(case).message == "The task ran longer than 6 s.", case.name
