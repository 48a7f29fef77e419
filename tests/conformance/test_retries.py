"""What is tried again, how often, when and with how much memory; all attempts are told of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import end_of, reasons_of, time_of


def retrying(name: str, /, *, memory: str = "1Gi", **retries: Any) -> str:
    """A service of which attempts follow on each other after a second."""
    soon = {"initial": 1, "factor": 1, "max": 1}
    resources = {"limits": {"memory": memory}}
    return service(name, retries={"backoff": soon, **retries}, resources=resources)


TWICE = retrying("twice", limit=2)
ONCE = retrying("once", limit=1)
LISTED = retrying("listed", limit=2, on=["KeyError", "OutOfMemory"])
EXCLUDED = retrying("excluded", limit=2, never=["ValueError"])
GROWING = retrying(
    "growing", memory="200Mi", limit=2, outOfMemory={"factor": 2, "max": "600Mi"}
)  # fmt: skip


def test_a_task_that_fails_twice_succeeds_at_its_third_attempt(backend: Backend) -> None:
    task = backend.submit("stumble", {"failures": 2}, service=TWICE)

    between = task.until(phase="Queued", reason="BackingOff")
    ended = task.ended()

    assert between["message"].startswith("Attempt 1 ended with TaskError: ValueError: attempt 1 ")
    assert end_of(ended) == ("Succeeded", None)
    assert task.result().text == "attempt 3"
    attempts = ended["attempts"]
    assert [attempt["number"] for attempt in attempts] == [1, 2, 3]
    assert reasons_of(ended) == ["TaskError", "TaskError", None]
    assert [attempt["exitCode"] for attempt in attempts] == [1, 1, 0]
    assert [attempt["errorType"] for attempt in attempts] == ["ValueError", "ValueError", None]
    assert attempts[1]["message"] == "ValueError: attempt 2"
    assert all(attempt["node"] for attempt in attempts)
    times = [time_of(each, when) for each in attempts for when in ("startedAt", "finishedAt")]
    assert times == sorted(times)
    logs = [task.log(attempt=number) for number in (1, 2, 3)]
    assert [log.splitlines()[0] for log in logs] == [f"this is attempt {n}" for n in (1, 2, 3)]


def test_after_the_last_attempt_allowed_the_task_fails_with_the_last_error(
    backend: Backend,
) -> None:
    ended = backend.submit("stumble", {"failures": 9}, service=ONCE).ended()

    assert end_of(ended) == ("Failed", "TaskError")
    assert ended["message"] == "ValueError: attempt 2"
    assert reasons_of(ended) == ["TaskError", "TaskError"]


@pytest.mark.parametrize(
    ("name", "error", "attempts"),
    [
        pytest.param(LISTED, "ValueError", 1, id="not on the list of errors to retry on"),
        pytest.param(LISTED, "KeyError", 2, id="on the list of errors to retry on"),
        pytest.param(EXCLUDED, "ValueError", 1, id="on the list of errors never to retry on"),
    ],
)
def test_only_errors_that_the_lists_allow_are_tried_again(
    backend: Backend, name: str, error: str, attempts: int
) -> None:
    stumbling = {"failures": 1, "error": error}

    assert len(backend.submit("stumble", stumbling, service=name).ended()["attempts"]) == attempts


def test_a_task_that_had_too_little_memory_gets_more(backend: Backend) -> None:
    ended = backend.submit("fill_memory", {"mebibytes": 210}, service=GROWING).ended()

    assert end_of(ended) == ("Succeeded", None)
    assert reasons_of(ended) == ["OutOfMemory", None]


def test_an_input_that_does_not_fit_is_refused_and_named(backend: Backend) -> None:
    answer = backend.http.post("/v1/services/plain/tasks/echo", json={"text": 5})

    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (400, "InvalidInput")
    assert [fault["loc"] for fault in error["detail"]] == [["text"]]
