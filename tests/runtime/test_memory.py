"""A task that the kernel kills for its memory, in a control group with a real limit."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from .runner import Attempt

MIB = 1 << 20
LIMIT = 150 * MIB
CGROUPS = Path("/sys/fs/cgroup")


@pytest.fixture
def limited(attempt: Attempt) -> Iterator[Attempt]:
    """An attempt in a control group of its own, as in a container."""
    v1 = (CGROUPS / "memory").is_dir()
    group = (CGROUPS / "memory" if v1 else CGROUPS) / f"taskyard-test-{secrets.token_hex(4)}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if v1 else "memory.max")).write_text(str(LIMIT))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    attempt.launcher = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")]
    yield attempt
    group.rmdir()


def test_a_task_killed_for_memory_is_out_of_memory(limited: Attempt) -> None:
    finished = limited.call("failing:Failing", "hold_memory", size=400 * MIB)

    assert finished.report.reason == "OutOfMemory"
    assert finished.report.message == (
        "The kernel killed the task for using too much memory (limit 150 MiB)"
    )
    assert finished.report.log_stored


def test_a_child_killed_for_memory_makes_the_failing_task_out_of_memory(limited: Attempt) -> None:
    report = limited.call("failing:Failing", "hold_memory_in_a_child", size=400 * MIB).report

    assert report.reason == "OutOfMemory"
    assert report.message.startswith(
        "The kernel killed a child of the task for using too much memory (limit 150 MiB); "
        "then: subprocess.CalledProcessError: "
    )
    assert report.error_type == "subprocess.CalledProcessError"


def test_a_task_that_exits_for_the_loss_of_its_child_is_out_of_memory(limited: Attempt) -> None:
    report = limited.call("failing:Failing", "lose_a_child_and_exit", size=400 * MIB).report

    assert report.reason == "OutOfMemory"
    assert report.message == (
        "The kernel killed a child of the task for using too much memory (limit 150 MiB); "
        "then: The task's process ended with exit code 119 before the task returned."
    )


def test_a_task_that_goes_on_without_its_child_succeeds(limited: Attempt) -> None:
    assert limited.call("failing:Failing", "lose_a_child_and_go_on", size=400 * MIB).result


def test_a_task_that_kills_itself_is_not_out_of_memory(limited: Attempt) -> None:
    assert limited.call("failing:Failing", "kill_itself").report.reason == "ProcessCrashed"


def test_the_peak_is_that_of_the_group(limited: Attempt) -> None:
    report = limited.call("failing:Failing", "hold_memory", size=60 * MIB).report

    assert 60 * MIB < report.peak_memory <= LIMIT
