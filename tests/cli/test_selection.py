"""Commands that do the same to all tasks that fit."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.local.serving import until

from .calling import Done, Taskyard, environment

HOLD, FAIL = "image-generation.hold", "image-generation.fail"


def held(taskyard: Taskyard, label: str) -> str:
    """The id of a task with this label, which does not end by itself."""
    return taskyard("submit", HOLD, "seconds=600", "--label", label).line


def at_a_terminal(
    taskyard: Taskyard,
    commands: Path,
    typed: str,
    *arguments: str,
    meanwhile: Callable[[], object] = lambda: None,
) -> Done:
    """The command with a keyboard, at which its question is answered once something else was done."""
    keyboard, terminal = pty.openpty()
    with subprocess.Popen(
        ["taskyard", *arguments], env=environment(commands, **taskyard.environment),
        stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        assert command.stderr
        asked = ""
        while not asked.endswith("[y/N]:") and (letter := command.stderr.read(1)):
            asked += letter
        meanwhile()
        os.write(keyboard, typed.encode())
        out, err = command.communicate()
    os.close(keyboard)
    os.close(terminal)
    return Done(command.returncode, out, asked + err, out.encode())


def test_all_that_fit_are_cancelled_and_no_other(taskyard: Taskyard) -> None:
    away = {held(taskyard, "set=away"), held(taskyard, "set=away")}
    stays = held(taskyard, "set=stays")

    done = taskyard("cancel", "--label", "set=away", "--service", "image-generation", "--yes")
    still = json.loads(taskyard("get", stays, "-o", "json").out)["cancelRequested"]
    last = taskyard("cancel", "--label", "set=stays", "--yes", "-o", "json")

    assert set(done.out.split()) == away
    assert done.err == "asked 2 tasks to end\n"
    assert taskyard.call("wait", *away).code == 6
    assert still is False
    assert json.loads(last.out) == {"cancelled": 1, "ids": [stays]}


def test_many_are_cancelled_only_if_somebody_agrees(taskyard: Taskyard, commands: Path) -> None:
    task_id = held(taskyard, "set=asked")
    call = ("cancel", "--label", "set=asked")

    unasked = taskyard.call(*call)
    refused = at_a_terminal(taskyard, commands, "n\n", *call)
    still = json.loads(taskyard("get", task_id, "-o", "json").out)["cancelRequested"]
    agreed = at_a_terminal(taskyard, commands, "y\n", *call)

    assert (unasked.code, unasked.out) == (2, "")
    assert "this would cancel 1 task: agree to it with --yes" in unasked.err
    assert (refused.code, refused.out.split()) == (1, [])
    assert "Cancel 1 task? [y/N]:" in refused.err
    assert refused.err.endswith("Error: nothing was done\n")
    assert still is False
    assert (agreed.code, agreed.out.split()) == (0, [task_id])


def test_what_is_submitted_while_somebody_is_asked_is_not_cancelled(
    taskyard: Taskyard, commands: Path
) -> None:
    label, later = "set=mulled-over", list[str]()
    task_id = held(taskyard, label)
    created = json.loads(taskyard("get", task_id, "-o", "json").out)["createdAt"]
    over = datetime.fromisoformat(created) + timedelta(seconds=1)

    def submit() -> None:
        until(lambda: datetime.now(UTC) >= over, "another second has begun")
        later.append(held(taskyard, label))

    done = at_a_terminal(taskyard, commands, "y\n", "cancel", "--label", label, meanwhile=submit)
    still = json.loads(taskyard("get", *later, "-o", "json").out)["cancelRequested"]
    taskyard("cancel", *later)

    assert (done.code, done.out.split()) == (0, [task_id])
    assert still is False


def test_what_somebody_else_deletes_meanwhile_is_deleted(
    taskyard: Taskyard, commands: Path
) -> None:
    label = ("--label", "set=gone-already")
    ended = [taskyard("submit", FAIL, "why=x", *label).line for _ in range(2)]
    assert taskyard.call("wait", *ended).code == 5
    other = partial(taskyard, "delete", ended[-1])  # the newest, which is the first to be deleted

    done = at_a_terminal(taskyard, commands, "y\n", "delete", *label, meanwhile=other)

    assert done.code == 0, done.err
    assert all(f"deleted {task_id}\n" in done.err for task_id in ended)
    assert taskyard("list", *label, "-o", "name").out == ""


def test_all_that_fit_and_have_ended_are_deleted(taskyard: Taskyard) -> None:
    label = ("--label", "set=gone")
    ended = [taskyard("submit", FAIL, "why=x", *label).line for _ in range(2)]
    assert taskyard.call("wait", *ended).code == 5
    open_ = held(taskyard, "set=gone")

    unasked = taskyard.call("delete", *label)
    done = taskyard("delete", *label, "--yes")

    assert unasked.code == 2
    assert "this would delete 2 tasks and all that is left of them" in unasked.err
    assert set(done.err.splitlines()) == {f"deleted {task_id}" for task_id in ended}
    assert taskyard("list", *label, "-o", "name").line == open_
    assert taskyard("delete", *label).err == "no such task\n"
    taskyard("cancel", open_)


@pytest.mark.parametrize("command", ["cancel", "delete"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no task is named: give ids, or options such as --label"),
        (["t1", "--label", "a=b"], "ids and options name tasks twice"),
        (["--phase", "Runing"], "'Runing' is none of"),
        (["--label", "a"], "'a' is no label: give KEY=VALUE"),
        (["--after", "noon"], "'noon' is no time"),
    ],
)
def test_which_tasks_are_meant_must_be_clear(
    taskyard: Taskyard, command: str, arguments: list[str], sentence: str
) -> None:
    done = taskyard.call(command, *arguments, "--yes")

    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
