"""Whatever a task does to itself, its end is reported, with the true reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import end_of, reasons_of

LEAN = service("lean", resources={"limits": {"memory": "200Mi"}})
MIB = 1 << 20
TOO_MUCH = {
    "local": "The task, or a child of it, was killed for using more memory than its limit.",
    "cluster": "The kernel killed the task for using too much memory (limit 200 MiB)",
}
"""A node's kernel kills the process that is too large, and its runner tells; a server, the whole attempt."""
NO_KERNEL = "where the server looks after memory, the whole attempt goes, and not one process of it"


@pytest.mark.parametrize(
    ("task", "arguments", "reason", "message"),
    [
        pytest.param(
            "read_address_zero", {}, "ProcessCrashed",
            "The task's process was killed by signal SIGSEGV.",
            id="native code crashes",
        ),
        pytest.param(
            "leave", {"code": 7}, "ProcessCrashed",
            "The task's process ended with exit code 7 before the task returned.",
            id="the process leaves with a code",
        ),
        pytest.param(
            "leave", {"code": 0}, "ProcessCrashed",
            "The task's process ended with exit code 0 before the task returned.",
            id="the process leaves as if all were well",
        ),
        pytest.param(
            "return_the_wrong_type", {}, "TaskError",
            "The task returned a value that does not fit its return annotation",
            id="the result has the wrong type",
        ),
        pytest.param(
            "raise_the_unprintable", {}, "TaskError",
            "service.Unprintable: <this exception cannot be printed>",
            id="the exception cannot be printed",
        ),
    ],
)  # fmt: skip
def test_a_task_that_ends_badly_fails_and_says_why(
    backend: Backend, task: str, arguments: dict[str, Any], reason: str, message: str
) -> None:
    ended = backend.submit(task, arguments).ended()

    assert end_of(ended) == ("Failed", reason)
    assert ended["message"].startswith(message)
    assert reasons_of(ended) == [reason]
    assert ended["resourcesReleased"]


def test_a_task_that_uses_too_much_memory_is_ended_for_it(backend: Backend) -> None:
    ended = backend.submit("fill_memory", {"mebibytes": 300}, service=LEAN).ended()

    assert end_of(ended) == ("Failed", "OutOfMemory")
    assert ended["message"].startswith(TOO_MUCH[backend.name])
    assert reasons_of(ended) == ["OutOfMemory"]


@pytest.mark.only("cluster", because=NO_KERNEL)
def test_a_task_that_minds_that_a_child_of_it_had_too_little_memory_is_ended_for_it(
    backend: Backend,
) -> None:
    child = {"mebibytes": 300, "strict": True}
    ended = backend.submit("fill_memory_in_a_child", child, service=LEAN).ended()

    assert end_of(ended) == ("Failed", "OutOfMemory")
    said = "The kernel killed a child of the task for using too much memory (limit 200 MiB); then:"
    assert ended["message"].startswith(said)
    assert reasons_of(ended) == ["OutOfMemory"]


@pytest.mark.only("cluster", because=NO_KERNEL)
def test_a_task_may_outlive_a_child_that_had_too_little_memory(backend: Backend) -> None:
    child = {"mebibytes": 300, "strict": False}
    task = backend.submit("fill_memory_in_a_child", child, service=LEAN)

    assert end_of(task.ended()) == ("Succeeded", None)
    assert task.result().text == "-9"


@pytest.mark.parametrize(
    ("name", "result"),
    [
        pytest.param("leave_much_behind", "gone", id="leaves threads and processes behind"),
        pytest.param("close_the_outputs", "silent", id="closes its standard output"),
        pytest.param("go_elsewhere", "found", id="changes its directory"),
    ],
)
def test_a_task_that_misbehaves_and_returns_has_succeeded(
    backend: Backend, name: str, result: str
) -> None:
    task = backend.submit(name)

    assert end_of(task.ended()) == ("Succeeded", None)
    assert task.result().text == result


def test_of_a_log_of_200_mb_both_ends_are_kept(backend: Backend) -> None:
    task = backend.submit("talk", {"mebibytes": 200})

    assert end_of(task.ended()) == ("Succeeded", None)
    log = task.log()
    assert len(log) <= 16 * MIB
    assert log.startswith("the first line\n")
    assert "the last line\n" in log[-MIB:]
    assert "taskyard: the log was cut" in log[-MIB:]
