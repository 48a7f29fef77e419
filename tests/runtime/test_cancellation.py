"""SIGTERM ends a task: it is told, has time to clean up, and is killed when it does not end."""

import socket
import time

import pytest

from taskyard.api.runner import InputSource

from .runner import Attempt

NOTHING = InputSource(inline={})


@pytest.mark.parametrize("task", ["clean_up", "clean_up_later"])
def test_a_cancelled_task_cleans_up(attempt: Attempt, task: str) -> None:
    with attempt.started(attempt.ticket("patient:Patient", task, NOTHING)) as running:
        running.wait_for("waiting")
        running.terminate()
        finished = running.finish()

    assert finished.report.outcome == "Cancelled"
    assert finished.report.reason == "Cancelled"
    assert finished.report.message == "The task was cancelled."
    assert "cleaned up, cancelled=True" in finished.log
    assert finished.report.log_stored
    assert finished.exit_code == 1
    assert "result" not in finished.objects


def test_the_last_progress_of_a_cancelled_task_is_stored(attempt: Attempt) -> None:
    with attempt.started(attempt.ticket("patient:Patient", "clean_up", NOTHING)) as running:
        running.wait_for("waiting")
        running.terminate()
        finished = running.finish()

    assert finished.progress == [(0.5, "half way")]


@pytest.mark.parametrize("task", ["answer_all_the_same", "break_while_cleaning_up"])
def test_cancelled_it_is_whatever_the_task_makes_of_it(attempt: Attempt, task: str) -> None:
    with attempt.started(attempt.ticket("patient:Patient", task, NOTHING)) as running:
        running.wait_for("waiting")
        running.terminate()
        report = running.finish().report

    assert (report.outcome, report.message) == ("Cancelled", "The task was cancelled.")


def test_except_exception_does_not_swallow_the_order(attempt: Attempt) -> None:
    ticket = attempt.ticket("patient:Patient", "swallow_exceptions", NOTHING, cancel_grace=60.0)
    with attempt.started(ticket) as running:
        running.wait_for("waiting")
        running.terminate()
        report = running.finish().report

    assert report.message == "The task was cancelled."


def test_a_cancel_that_comes_after_the_result_comes_too_late(attempt: Attempt) -> None:
    ticket = attempt.ticket("failing:Odd", "take_a_second_to_end", NOTHING)
    with attempt.started(ticket) as running:
        running.wait_for("on the way out")
        running.terminate()

        assert running.finish().result == b"done"


def test_a_task_that_ignores_the_order_is_killed_after_the_grace(attempt: Attempt) -> None:
    ticket = attempt.ticket("patient:Patient", "ignore", NOTHING, cancel_grace=1.0)
    with attempt.started(ticket) as running:
        running.wait_for("waiting")
        running.terminate()
        running.wait_for("ignored")
        finished = running.finish()

    assert finished.report.outcome == "Cancelled"
    assert finished.report.message == (
        "The task was cancelled; it did not end within 1 s and was killed."
    )
    assert "ignored" in finished.log
    assert finished.report.timings.run >= 1


def test_a_class_that_is_being_built_is_cancelled_too(attempt: Attempt) -> None:
    with attempt.started(attempt.ticket("patient:SlowToBuild", "run", NOTHING)) as running:
        running.wait_for("loading")
        running.terminate()
        report = running.finish().report

    assert (report.outcome, report.message) == ("Cancelled", "The task was cancelled.")


def test_an_attempt_that_waits_for_its_input_is_cancelled_at_once(attempt: Attempt) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        source = InputSource(url=f"http://127.0.0.1:{port}/input", size=1, sha256="0" * 64)
        with attempt.started(attempt.ticket("patient:Patient", "clean_up", source)) as running:
            connection, _ = silent.accept()
            started = time.monotonic()
            running.terminate()
            report = running.finish().report
        connection.close()

    assert report.outcome == "Cancelled"
    assert report.message == "The task was cancelled before it was started."
    assert time.monotonic() - started < 5
