"""Progress is stored while a task runs, as a stream that always ends with what was said last."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from taskyard.api.runner import InputSource
from taskyard_runtime.progress import ProgressStream

from .runner import Attempt

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_progress_can_be_read_while_the_task_runs(attempt: Attempt) -> None:
    ticket = attempt.ticket("patient:Patient", "report_and_wait", InputSource(inline={}))
    with attempt.started(ticket) as running:
        running.wait_until(lambda: b"first" in attempt.object("progress"), "the progress object")

    assert json.loads(attempt.object("progress"))["message"] == "first"


def test_the_last_progress_is_stored_however_fast_it_came(attempt: Attempt) -> None:
    finished = attempt.call("patient:Patient", "report_steps", steps=20_000)

    assert finished.result == b"done"
    assert finished.progress[-1] == (1.0, "step 20000 of 20000")


def test_all_that_a_task_said_is_stored_and_nothing_twice(attempt: Attempt) -> None:
    finished = attempt.call("patient:Patient", "report_calmly", fractions=[0.0, 0.5, 0.5, 0.25])

    assert finished.progress == [(0.0, "at 0.0"), (0.5, "at 0.5"), (0.25, "at 0.25")]


def test_a_stream_is_bounded_and_spread_evenly_from_the_first_word_to_the_last() -> None:
    limit = 10_000
    stream = ProgressStream(limit)
    for second in range(9_999):
        stream.add(NOON + timedelta(seconds=second), second / 10_000, f"second {second}")
        assert len(stream.body()) <= limit + 100, "a line more than the limit at most"

    lines = [json.loads(line) for line in stream.body().splitlines()]
    times = [(datetime.fromisoformat(line["at"]) - NOON).total_seconds() for line in lines]
    gaps = {later - earlier for earlier, later in pairwise(times[:-1])}
    assert (times[0], times[-1]) == (0, 9_998)
    assert len(lines) > 50
    assert gaps == {128}


def test_one_word_is_bounded_whoever_said_it() -> None:
    stream = ProgressStream()
    stream.add(NOON, 0.5, "blah\n" * 10_000)
    stream.add(NOON, 0.5, "\ud800")

    first, last = stream.body().splitlines()
    assert len(first) < 3000
    assert json.loads(last)["message"] == "?"


def test_progress_that_makes_no_sense_is_an_error_of_the_task(attempt: Attempt) -> None:
    report = attempt.call("patient:Patient", "report_nonsense").report

    assert report.message == "ValueError: fraction must be from 0 to 1, not 7.0"


def test_progress_that_cannot_be_stored_does_not_hold_up_the_task(attempt: Attempt) -> None:
    ticket = attempt.ticket(
        "patient:Patient",
        "report_steps",
        InputSource(inline={"steps": 3}),
        progress_url="http://127.0.0.1:9/progress?X-Amz-Signature=secret",
    )
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "2"

    finished = attempt.run(ticket)

    assert finished.result == b"done"
    assert "progress cannot be stored" in finished.log
    assert "secret" not in finished.stdout
