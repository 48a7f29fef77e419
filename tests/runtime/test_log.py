"""The log of a task can be read while the task runs, and is whole in the end."""

import re
import socket
import sys
import time
from typing import Any

import pytest

from taskyard.api.runner import InputSource, Ticket

from .runner import Attempt


def test_the_first_line_is_stored_within_two_seconds(attempt: Attempt) -> None:
    with attempt.started(_ticket(attempt, "report_and_wait")) as running:
        running.wait_for("waiting")
        printed_at = time.monotonic()
        running.wait_until(lambda: b"waiting" in attempt.object("log"), "the line in the store")

        assert time.monotonic() - printed_at < 2


def test_the_log_grows_in_the_store_while_the_task_runs(attempt: Attempt) -> None:
    with attempt.started(_ticket(attempt, "count_slowly", seconds=8)) as running:
        running.wait_until(lambda: b"line 1\n" in attempt.object("log"), "the first lines")
        first = attempt.object("log")
        running.wait_until(lambda: len(attempt.object("log")) > len(first), "further lines")

        assert attempt.object("log").startswith(first)
        assert b"line 1\n" in first


def test_a_log_that_was_stored_on_the_way_is_whole_in_the_end(attempt: Attempt) -> None:
    finished = attempt.run(_ticket(attempt, "count_slowly", seconds=2))

    assert finished.report.log_stored
    assert finished.log.splitlines()[-1] == "the last line"


def test_a_long_log_has_both_ends_also_while_the_task_runs(attempt: Attempt) -> None:
    ticket = _ticket(attempt, "print_much_and_wait", max_log_bytes=5000)
    with attempt.started(ticket) as running:
        running.wait_for("waiting")
        running.wait_until(lambda: b"waiting" in attempt.object("log"), "the end of the log")
        stored = attempt.object("log")

    assert stored.startswith(b"line 0\nline 1\n")
    assert b"bytes are missing here]" in stored
    assert len(stored) <= 5000


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux tells it")
def test_of_a_printed_gigabyte_both_ends_are_kept_and_nothing_more_is_held(
    attempt: Attempt,
) -> None:
    attempt.launcher = ["sh", "-c", 'exec "$@" > /dev/null 2>&1', "sh"]

    finished = attempt.call("failing:Odd", "print_a_gigabyte")

    status, log = finished.result.decode(), finished.objects["log"]
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert int(peak) < 100 * 1024
    assert len(log) <= 16 * 1024**2
    assert log.startswith(b"the first line\n")
    assert b"the last line\n" in log[-1024:]
    assert b"taskyard: the log was cut" in log[-1024:]


def test_a_store_that_never_answers_does_not_hold_up_the_task(attempt: Attempt) -> None:
    attempt.environment["TASKYARD_STORE_PATIENCE"] = "1"
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/log?X-Amz-Signature=secret"
        ticket = _ticket(attempt, "count_slowly", seconds=2, log_url=url)
        started_at = time.monotonic()
        finished = attempt.run(ticket)

    assert finished.result == b"done"
    assert finished.report.timings.run < 3
    assert not finished.report.log_stored
    assert "the log could not be stored: object storage at 127.0.0.1:" in finished.stdout
    assert "secret" not in finished.stdout
    assert time.monotonic() - started_at < 20


def _ticket(attempt: Attempt, task: str, /, **given: Any) -> Ticket:
    changes = {name: given.pop(name) for name in ("log_url", "max_log_bytes") if name in given}
    return attempt.ticket("patient:Patient", task, InputSource(inline=given), **changes)
