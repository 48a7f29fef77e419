"""What a task gives away is stored while it runs, in order, and is whole in the end."""

import base64
import json
import socket
import time
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import PIL.Image
import pytest

from taskyard.api.runner import MAX_OUTPUT_BYTES, InputSource, Ticket

from .runner import Attempt, Finished

GENEROUS = "generous:Generous"


def values(finished: Finished) -> list[Any]:
    return [output["value"] for output in finished.outputs]


@pytest.mark.parametrize("task", ["write", "write_later"])
def test_what_a_task_yields_are_its_outputs(attempt: Attempt, task: str) -> None:
    finished = attempt.call(GENEROUS, task, words=["Once", "upon", "a time"])

    assert values(finished) == ["Once", "upon", "a time"]
    assert {output["contentType"] for output in finished.outputs} == {"text/plain; charset=utf-8"}
    assert finished.result == (b"3" if task == "write" else b"null")


def test_values_of_all_kinds_are_stored(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "give_all_kinds")

    told = [
        {key: value for key, value in output.items() if key not in ("index", "at")}
        for output in finished.outputs
    ]
    assert told == [
        {"contentType": "application/json", "value": {"step": 1}},
        {"contentType": "text/plain; charset=utf-8", "value": "text"},
        {"contentType": "application/octet-stream", "base64": "AP8="},
        {"contentType": "text/csv", "fileName": "plan.csv", "base64": "YSxiCg=="},
        {"contentType": "application/json", "value": None},
    ]
    times = [datetime.fromisoformat(output["at"]) for output in finished.outputs]
    assert times == sorted(times)


def test_pictures_are_stored(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "paint", widths=[3, 5])

    assert [output["contentType"] for output in finished.outputs] == ["image/png"] * 2
    bodies = [base64.b64decode(output["base64"]) for output in finished.outputs]
    assert [PIL.Image.open(BytesIO(body)).width for body in bodies] == [3, 5]


def test_threads_give_one_after_the_other(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "give_from_threads", number=500)

    assert sorted(values(finished)) == list(range(500))


def test_an_output_can_be_read_while_the_task_runs(attempt: Attempt) -> None:
    with attempt.started(_ticket(attempt, "give_and_wait", word="first")) as running:
        running.wait_for("waiting")
        given_at = time.monotonic()
        running.wait_until(lambda: b"first" in attempt.object("outputs"), "the output")

        assert time.monotonic() - given_at < 2


def test_outputs_grow_in_the_store_while_the_task_runs(attempt: Attempt) -> None:
    with attempt.started(_ticket(attempt, "give_slowly", number=50)) as running:
        running.wait_until(lambda: attempt.object("outputs") != b"", "the first outputs")
        first = attempt.object("outputs")
        running.wait_until(lambda: len(attempt.object("outputs")) > len(first), "further outputs")
        assert attempt.object("outputs").startswith(first)
        finished = running.finish()

    assert values(finished) == list(range(50))


@pytest.mark.parametrize(
    ("task", "reason"), [("give_and_die", "ProcessCrashed"), ("give_and_fail", "TaskError")]
)
def test_what_was_given_away_before_a_failure_is_kept(
    attempt: Attempt, task: str, reason: str
) -> None:
    finished = attempt.call(GENEROUS, task)

    assert finished.report.reason == reason
    assert values(finished) == ["last words"]


def test_more_than_the_limit_is_an_error_in_the_task_which_may_go_on(attempt: Attempt) -> None:
    ticket = _ticket(attempt, "give_too_much", sizes=[100, 5000, 200])

    finished = attempt.run(replace(ticket, max_outputs_bytes=4096))

    (refused,) = json.loads(finished.result)
    assert [len(value) for value in values(finished)] == [100, 200]
    assert len(attempt.object("outputs")) <= 4096
    assert refused.startswith(
        "the outputs of an attempt may have 4096 bytes together (controller.maxOutputsBytes), and "
        "this one would make them 5"
    )


def test_one_output_is_no_longer_than_readers_take(attempt: Attempt) -> None:
    ticket = _ticket(attempt, "give_too_much", sizes=[MAX_OUTPUT_BYTES, 100])

    finished = attempt.run(ticket)

    (refused,) = json.loads(finished.result)
    assert [len(value) for value in values(finished)] == [100]
    assert refused.startswith(f"an output may have {MAX_OUTPUT_BYTES} bytes as a line of JSON")


def test_a_value_that_does_not_fit_is_an_error_at_the_yield(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "yield_what_does_not_fit")

    assert values(finished) == [1, 3]
    assert finished.result.startswith(b"the task gave away a value that does not fit")


def test_a_fork_of_the_task_gives_nothing_away(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "give_from_a_fork")

    assert finished.result == b"1"
    assert values(finished) == ["from the task"]
    assert "give outputs away in the task's own process" in finished.log


@pytest.mark.parametrize("task", ["yield_until_cancelled", "yield_until_cancelled_later"])
def test_a_generator_hears_of_its_cancellation_and_may_say_a_last_word(
    attempt: Attempt, task: str
) -> None:
    ticket = replace(
        _ticket(attempt, task), max_outputs_bytes=1024**3
    )  # room, however long it takes
    with attempt.started(ticket) as running:
        running.wait_for("waiting")
        running.terminate()
        finished = running.finish()

    assert finished.report.outcome == "Cancelled"
    assert "put away" in finished.log
    assert (values(finished)[0], values(finished)[-1]) == ("first", "last")


def test_a_task_that_returns_a_generator_yields_nothing(attempt: Attempt) -> None:
    finished = attempt.call(GENEROUS, "list_lazily", number=3)

    assert json.loads(finished.result) == [0, 1, 2]
    assert finished.outputs == []


def test_a_success_without_its_outputs_is_none(attempt: Attempt) -> None:
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "1"
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/outputs?X-Amz-Signature=secret"
        ticket = _ticket(attempt, "write", words=["Once"])
        finished = attempt.run(replace(ticket, outputs_url=url))

    assert finished.report.reason == "ResultUploadFailed"
    assert finished.report.message.startswith("The outputs could not be stored: object storage at")
    assert "secret" not in finished.stdout


def test_an_operator_that_knows_of_no_outputs_gets_none(attempt: Attempt) -> None:
    ticket = _ticket(attempt, "write", words=["Once"])

    finished = attempt.run(replace(ticket, outputs_url=""))

    assert (finished.result, finished.outputs) == (b"1", [])


def _ticket(attempt: Attempt, task: str, /, **given: Any) -> Ticket:
    return attempt.ticket(GENEROUS, task, InputSource(inline=given))
