"""Whatever a task does to itself or to its process, its end is reported, with the true reason."""

from __future__ import annotations

import pytest

from tests.chaos.cases import Case, planned
from tests.chaos.yard import Yard

MIB = 1 << 20
GUARANTEED = {"cpu": "500m", "memory": "100Mi"}
"""Else the kernel's choice of whom to kill would be settled before the task can change it."""
LEAN = {"resources": {"limits": {"memory": "100Mi"}}}

too_large = planned("too-large", "fill_memory", arguments={"mebibytes": 300}, service=LEAN)
all_too_large = planned(
    "all-too-large",
    "take_the_runner_along",
    arguments={"mebibytes": 300},
    service={"resources": {"requests": GUARANTEED, "limits": GUARANTEED}},
)
strict_parent = planned(
    "strict-parent", "fill_memory_in_a_child", arguments={"mebibytes": 300, "strict": True},
    service=LEAN,
)  # fmt: skip
easy_parent = planned(
    "easy-parent", "fill_memory_in_a_child", arguments={"mebibytes": 300, "strict": False},
    service=LEAN,
)  # fmt: skip
segfault = planned("segfault", "read_address_zero")
leaver = planned("leaver", "leave", arguments={"code": 7})
quiet_leaver = planned("quiet-leaver", "leave", arguments={"code": 0})
talker = planned("talker", "talk", arguments={"mebibytes": 200})
wrong_type = planned("wrong-type", "return_the_wrong_type")
messy = planned("messy", "leave_much_behind")
silent = planned("silent", "close_the_outputs")
elsewhere = planned("elsewhere", "go_elsewhere")
unprintable = planned("unprintable", "raise_the_unprintable")


@pytest.mark.parametrize(
    ("case", "reason", "message"),
    [
        pytest.param(
            too_large, "OutOfMemory",
            "The kernel killed the task for using too much memory (limit 100 MiB)",
            id="the task uses too much memory",
        ),
        pytest.param(
            all_too_large, "OutOfMemory",
            "The kernel killed the task, or a child of it, for using more memory than its limit.",
            id="the whole container is killed for memory",
        ),
        pytest.param(
            strict_parent, "OutOfMemory",
            "The kernel killed a child of the task for using too much memory (limit 100 MiB); then:",
            id="only a child is killed for memory",
        ),
        pytest.param(
            segfault, "ProcessCrashed", "The task's process was killed by signal SIGSEGV.",
            id="native code crashes",
        ),
        pytest.param(
            leaver, "ProcessCrashed",
            "The task's process ended with exit code 7 before the task returned.",
            id="the process leaves with a code",
        ),
        pytest.param(
            quiet_leaver, "ProcessCrashed",
            "The task's process ended with exit code 0 before the task returned.",
            id="the process leaves as if all were well",
        ),
        pytest.param(
            wrong_type, "TaskError",
            "The task returned a value that does not fit its return annotation",
            id="the result has the wrong type",
        ),
        pytest.param(
            unprintable, "TaskError",
            "service.Unprintable: <this exception cannot be printed>",
            id="the exception cannot be printed",
        ),
    ],
)  # fmt: skip
def test_a_task_that_ends_badly_fails_and_says_why(
    yard: Yard, case: Case, reason: str, message: str
) -> None:
    run = yard.ended(case)

    assert run.end == ("Failed", reason)
    assert run.message.startswith(message)
    assert run.reasons == [reason]


@pytest.mark.parametrize(
    ("case", "result"),
    [
        pytest.param(easy_parent, b"-9", id="outlives a child killed for memory"),
        pytest.param(messy, b"gone", id="leaves threads and processes behind"),
        pytest.param(silent, b"silent", id="closes its standard output"),
        pytest.param(elsewhere, b"found", id="changes its directory"),
    ],
)
def test_a_task_that_misbehaves_and_returns_has_succeeded(
    yard: Yard, case: Case, result: bytes
) -> None:
    run = yard.ended(case)

    assert run.end == ("Succeeded", "")
    assert run.stored("result") == result


def test_of_a_log_of_200_mb_both_ends_are_kept(yard: Yard) -> None:
    run = yard.ended(talker)

    log = run.stored("log")

    assert run.end == ("Succeeded", "")
    assert len(log) <= 16 * MIB
    assert log.startswith(b"the first line\n")
    assert b"the last line\n" in log[-MIB:]
    assert b"taskyard: the log was cut" in log[-MIB:]
