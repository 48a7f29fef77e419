"""What is tried again, how often, when and with how much memory; the status tells of every attempt."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.chaos.cases import Case, planned
from tests.chaos.yard import Yard

SOON = {"initial": 1, "factor": 1, "max": 1}
LEAN = {"limits": {"memory": "100Mi"}}


def stumbling(name: str, failures: int, error: str = "ValueError", **retries: object) -> Case:
    arguments = {"failures": failures, "error": error}
    service = {"retries": {"backoff": SOON, **retries}}
    return planned(name, "stumble", arguments=arguments, service=service)


third_time_lucky = stumbling("third-time-lucky", 2, limit=2)
out_of_luck = stumbling("out-of-luck", 9, limit=1)
not_listed = stumbling("not-listed", 1, limit=2, on=["KeyError", "OutOfMemory"])
listed = stumbling("listed", 1, "KeyError", limit=2, on=["KeyError", "OutOfMemory"])
excluded = stumbling("excluded", 1, limit=2, never=["ValueError"])
growing = planned(
    "growing", "fill_memory", arguments={"mebibytes": 110},
    service={
        "resources": LEAN,
        "retries": {"limit": 2, "backoff": SOON, "outOfMemory": {"factor": 2, "max": "400Mi"}},
    },
)  # fmt: skip
misspelt = planned(
    "misspelt", "echo", arguments={"text": 5}, service={"retries": {"limit": 2, "backoff": SOON}}
)


def test_a_task_that_fails_twice_succeeds_at_its_third_attempt(yard: Yard) -> None:
    run = yard.ended(third_time_lucky)

    assert run.end == ("Succeeded", "")
    assert run.stored("result", 3) == b"attempt 3"
    assert [attempt["number"] for attempt in run.attempts] == [1, 2, 3]
    assert run.reasons == ["TaskError", "TaskError", ""]
    assert [attempt.get("exitCode") for attempt in run.attempts] == [1, 1, 0]
    assert [attempt.get("errorType") for attempt in run.attempts] == ["ValueError"] * 2 + [None]
    assert run.attempts[1]["message"] == "ValueError: attempt 2"
    assert len({attempt["pod"] for attempt in run.attempts}) == 3
    assert all(attempt["node"] for attempt in run.attempts)
    times = [run.time(when, n) for n in (1, 2, 3) for when in ("startedAt", "finishedAt")]
    assert times == sorted(times)
    assert run.pods() == [1, 2, 3]


def test_between_two_attempts_the_status_says_when_the_next_one_starts(yard: Yard) -> None:
    run = yard.ended(third_time_lucky)

    _, status = run.first_with(phase="Queued", reason="BackingOff")

    assert status["message"].startswith("Attempt 1 ended with TaskError: ValueError: attempt 1 ")
    due = datetime.fromisoformat(status["attempts"][0]["finishedAt"])
    assert run.time("startedAt", 2) >= due


def test_after_the_last_attempt_allowed_the_run_fails_with_the_last_error(yard: Yard) -> None:
    run = yard.ended(out_of_luck)

    assert run.end == ("Failed", "TaskError")
    assert run.message == "ValueError: attempt 2"
    assert run.reasons == ["TaskError", "TaskError"]


@pytest.mark.parametrize(
    ("case", "attempts"),
    [
        pytest.param(not_listed, 1, id="not on the list of errors to retry on"),
        pytest.param(listed, 2, id="on the list of errors to retry on"),
        pytest.param(excluded, 1, id="on the list of errors never to retry on"),
    ],
)
def test_only_errors_that_the_lists_allow_are_tried_again(
    yard: Yard, case: Case, attempts: int
) -> None:
    assert len(yard.ended(case).attempts) == attempts


def test_a_task_that_had_too_little_memory_gets_more(yard: Yard) -> None:
    run = yard.ended(growing)

    assert run.end == ("Succeeded", "")
    assert run.reasons == ["OutOfMemory", ""]
    limits = [
        run.job(number)["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
        for number in (1, 2)
    ]
    assert limits == [{"memory": "100Mi"}, {"memory": str(200 * 1024**2)}]


def test_an_input_that_does_not_fit_is_never_tried_again(yard: Yard) -> None:
    run = yard.ended(misspelt)

    assert run.end == ("Failed", "InvalidInput")
    assert run.message.startswith("text: Input should be a valid string")
    assert run.reasons == ["InvalidInput"]
