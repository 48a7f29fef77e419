"""What user code does to its process, and leaves behind, does not disturb the attempt."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from taskyard.api.runner import InputSource

from .runner import Attempt


def test_a_task_may_close_its_standard_output(attempt: Attempt) -> None:
    assert attempt.call("failing:Odd", "close_stdout").result == b"done"


def test_a_task_may_write_to_descriptors_that_are_not_its_own(attempt: Attempt) -> None:
    assert attempt.call("failing:Odd", "write_to_descriptors_at_random").result == b"done"


def test_children_left_behind_are_killed(attempt: Attempt) -> None:
    finished = attempt.call("failing:Odd", "leave_children")

    assert [pid for pid in finished.result.split() if _alive(int(pid))] == []


def test_what_a_fork_of_the_task_returns_is_no_result(attempt: Attempt) -> None:
    assert attempt.call("failing:Odd", "return_from_a_fork").result == b"nothing"


def test_a_daemon_that_keeps_the_output_open_does_not_keep_the_attempt(attempt: Attempt) -> None:
    finished = attempt.call("failing:Odd", "leave_a_daemon")

    os.kill(int(finished.result), signal.SIGKILL)
    assert finished.report.log_stored


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it")
def test_a_task_does_not_outlive_its_supervisor(attempt: Attempt) -> None:
    ticket = attempt.ticket("failing:Odd", "say_pid_and_wait", InputSource(inline={}))
    with attempt.started(ticket) as running:
        pid = int(running.wait_for(".\n").partition("pid=")[2].partition(".")[0])
        running.process.kill()
        running.process.wait()

    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def test_a_thread_left_behind_does_not_keep_the_attempt_from_ending(attempt: Attempt) -> None:
    assert attempt.call("failing:Odd", "leave_a_thread").result == b"done"


def test_a_crash_after_the_result_does_not_take_it_back(attempt: Attempt) -> None:
    finished = attempt.call("failing:Odd", "crash_on_the_way_out")

    assert finished.result == b"done"
    assert "Segmentation fault" in finished.log


def test_user_code_sees_no_presigned_url(attempt: Attempt) -> None:
    environment = attempt.call("failing:Odd", "show_environment").result.decode()

    assert "PATH=" in environment
    assert "TASKYARD_TICKET" not in environment
    assert "X-Amz-Signature" not in environment


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc to look into")
def test_programs_that_user_code_starts_get_no_descriptor_of_ours(attempt: Attempt) -> None:
    shown = attempt.call("failing:Odd", "show_descriptors").result.decode()

    descriptors = [line.split(" -> ")[0].split()[-1] for line in shown.splitlines() if "->" in line]
    # The fourth is the folder that `ls` is reading.
    assert descriptors == ["0", "1", "2", "3"]


def test_a_task_knows_which_run_and_attempt_it_is(attempt: Attempt) -> None:
    shown = json.loads(attempt.call("failing:Odd", "show_current_task").result)

    assert shown == {"id": "0123abcd", "attempt": 2, "cancelled": False}


def test_nothing_is_left_in_the_temporary_folder(attempt: Attempt, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    attempt.environment["TMPDIR"] = str(folder)

    finished = attempt.call("kinds:Kinds", "export", text="a")

    assert finished.result == b"a"
    assert list(folder.iterdir()) == []


def test_peak_memory_and_timings_are_reported(attempt: Attempt) -> None:
    report = attempt.call("failing:Failing", "return_much", size=50_000_000).report

    assert report.peak_memory > 50_000_000
    assert report.timings.load > 0
    assert report.timings.upload > 0


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
