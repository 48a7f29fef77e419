"""Commands that submit, follow, change and fetch, against a server of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from .calling import Taskyard, new_failed

SERVICE = "image-generation"
TASK = f"{SERVICE}.long_running_image_generation"


@pytest.fixture
def held(taskyard: Taskyard) -> str:
    """The id of a task that does not end by itself."""
    return taskyard("submit", f"{SERVICE}.hold", "seconds=600").line


def test_a_picture_goes_in_and_comes_back(taskyard: Taskyard, folder: Path) -> None:
    done = taskyard("submit", TASK, "prompt=a cat", "image=@cat.png", "--wait", "--to", "out.png")

    with Image.open("out.png") as out, Image.open("cat.png") as cat:
        assert out.size == cat.size
    assert "saved out.png" in done.err
    assert done.out == ""


def test_a_file_is_saved_under_its_name(taskyard: Taskyard, folder: Path) -> None:
    files = ("files=@one.txt", "files=@two.txt")
    call = ("submit", f"{SERVICE}.bundle", *files, "name=both.txt", "shout=true", "--wait")

    done = taskyard(*call)

    assert Path("both.txt").read_text() == "ONE\nTWO\n"
    again = taskyard.call(*call)
    assert (again.code, "both.txt is there already" in again.err) == (1, True)
    task_id = done.err.split()[1]
    Path("both.txt").unlink()
    taskyard("result", task_id)
    assert Path("both.txt").read_text() == "ONE\nTWO\n"


def test_text_is_printed_as_it_is(taskyard: Taskyard, folder: Path) -> None:
    done = taskyard("submit", f"{SERVICE}.describe", "image=@cat.png", "--wait")

    assert done.out == "a picture of 4 x 3"


def test_the_new_task_can_be_told_as_a_document(taskyard: Taskyard) -> None:
    told = taskyard(
        *("submit", TASK, "prompt=x", "--priority", "3", "--label", "team=maps"),
        *("--run-deadline", "3600", "-o", "json"),
    )

    task = json.loads(told.out)
    assert (task["service"], task["task"]) == (SERVICE, "long_running_image_generation")
    assert (task["priority"], task["labels"]) == (3, {"team": "maps"})
    assert task["deadlines"]["run"] == 3600


def test_a_file_comes_from_standard_input(taskyard: Taskyard, folder: Path) -> None:
    picture = Path("cat.png").read_bytes()

    done = taskyard("submit", f"{SERVICE}.describe", "image=@-", "--wait", stdin=picture)

    assert done.out == "a picture of 4 x 3"


def test_markup_in_what_a_task_says_does_not_end_a_wait(taskyard: Taskyard) -> None:
    task_id = taskyard("submit", f"{SERVICE}.hold", "seconds=1.5", "says=[/red]").line
    terminal = Taskyard({**taskyard.environment, "FORCE_COLOR": "1", "TERM": "xterm"})

    assert "[/red]" in terminal("wait", task_id).err


def test_the_same_key_gives_the_same_task(taskyard: Taskyard) -> None:
    call = ("submit", TASK, "prompt=x", "--idempotency-key", "order-7")

    assert taskyard(*call).line == taskyard(*call).line


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["long_running_image_generation"], 2, "names no task: give SERVICE.TASK"),
        (["nobody.paint"], 4, "nobody"),
        ([f"{SERVICE}.paint"], 4, "has no task 'paint'; its tasks are: bundle, describe"),
        ([TASK], 2, "missing 'prompt'"),
        ([TASK, "prompt=x", "sed=7"], 2, "unknown 'sed'"),
        ([TASK, "prompt=x", "image=@no.png"], 2, "there is no file no.png"),
        ([f"{SERVICE}.hold", 'seconds="long"'], 2, "seconds"),
        ([TASK, "prompt=x", "--run-deadline", "0"], 2, "runDeadline"),
    ],
)
def test_a_wrong_call_is_told_by_name(
    taskyard: Taskyard, arguments: list[str], code: int, sentence: str
) -> None:
    done = taskyard.call("submit", *arguments)

    assert sentence in done.err
    assert done.code == code
    assert done.out == ""


def test_waiting_ends_as_the_task_does(taskyard: Taskyard, failed: str) -> None:
    done = taskyard.call("wait", failed, "-o", "json")

    assert done.code == 5
    assert json.loads(done.out)["items"][0]["reason"] == "TaskError"


def test_an_unknown_id_is_told_before_another_task_is_waited_for(
    taskyard: Taskyard, held: str
) -> None:
    done = taskyard.call("wait", held, "nobody")

    assert done.code == 4
    taskyard("cancel", held)


def test_a_failure_is_explained_to_who_waits(taskyard: Taskyard) -> None:
    done = taskyard.call("submit", f"{SERVICE}.fail", "why=no paint", "--wait")

    assert done.code == 5
    assert "Why: TaskError: ValueError: no paint" in done.err
    assert "What to do (task author): Read the message and the log." in done.err


def test_a_failed_task_has_no_result(taskyard: Taskyard, failed: str) -> None:
    done = taskyard.call("result", failed)

    assert (done.code, done.out) == (5, "")
    assert "failed with TaskError: ValueError: no paint" in done.err


def test_the_log_is_printed(taskyard: Taskyard, failed: str) -> None:
    whole = taskyard("logs", failed).out

    assert whole.startswith("about to fail\nTraceback")
    assert taskyard("logs", "-f", failed).out == whole
    assert taskyard("logs", "-f", failed, "--tail", "99").out == whole
    assert taskyard("logs", "-f", failed, "--attempt", "1").out == whole
    assert taskyard("logs", failed, "--tail", "1").out == whole.splitlines(keepends=True)[-1]
    assert taskyard.call("logs", failed, "--attempt", "2").code == 4


def test_events_are_told_to_the_end(taskyard: Taskyard, failed: str) -> None:
    lines = taskyard("events", failed).out.splitlines()
    objects = taskyard("events", failed, "--only", "phase", "-o", "json").out.splitlines()

    assert lines[0] == "phase     Running, attempt 1"
    assert lines[-1] == "end       ended: Failed"
    told = [json.loads(line) for line in objects]
    assert [event["event"] for event in told] == ["phase", "phase", "end"]
    assert told[1]["reason"] == "TaskError"


def test_a_task_runs_until_it_is_cancelled(taskyard: Taskyard, held: str) -> None:
    early = taskyard.call("wait", held, "--timeout", "0")
    unfinished = taskyard.call("result", held)
    kept = taskyard.call("delete", held)
    alive = taskyard("top", "--once").out

    cancelled = taskyard("cancel", held)
    ended = taskyard.call("wait", held)

    assert (early.code, unfinished.code, kept.code) == (7, 7, 7)
    assert held in alive
    assert held in cancelled.out
    assert ended.code == 6
    assert "Cancelled" in ended.out
    assert held not in taskyard("top", "--once").out


def test_a_retry_is_a_new_task_of_the_same_input(taskyard: Taskyard, failed: str) -> None:
    again = taskyard("retry", failed).line

    assert again != failed
    assert taskyard.call("wait", again).code == 5
    assert f"retry of:    {failed}" in taskyard("get", again).out


def test_a_deleted_task_is_gone(taskyard: Taskyard) -> None:
    failed = new_failed(taskyard)

    assert taskyard("delete", failed).err == f"deleted {failed}\n"

    assert taskyard.call("get", failed).code == 4


def test_all_of_a_task_is_shown(taskyard: Taskyard, failed: str) -> None:
    told = taskyard("get", failed).out

    assert f"id:          {failed}" in told
    assert "message:     ValueError: no paint" in told
    assert "attempt 1:   TaskError after" in told
    assert json.loads(taskyard("get", failed, "-o", "json").out)["id"] == failed
