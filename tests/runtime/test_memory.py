"""A task that the kernel kills for its memory, in a control group with a real limit."""

from collections.abc import Iterator

import pytest

from .control_group import limited_by
from .runner import Attempt

MIB = 1 << 20
LIMIT = 150 * MIB


@pytest.fixture
def limited(attempt: Attempt) -> Iterator[Attempt]:
    """An attempt in a control group of its own, as in a container."""
    with limited_by(attempt, "memory", "memory.limit_in_bytes", "memory.max", LIMIT):
        yield attempt


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
