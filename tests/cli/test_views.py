"""Tables, JSON, YAML and names of tasks and services."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from taskyard.api.reasons import Phase
from taskyard.cli._output import Output, listed, structured
from taskyard.cli._top import in_order, summary
from taskyard.cli._views import SERVICES, TASKS, details, lasting, note, sized

from .calling import Taskyard, new_failed
from .documents import NOW, at, attempt, document

TASK = document(Phase.RUNNING, attempt=1, progress={"fraction": 0.5, "message": "half of it"})
SERVICE = {
    "name": "image-generation",
    "ready": True,
    "suspended": False,
    "tasks": [{"name": "paint"}, {"name": "describe"}],
}


def test_a_table_of_tasks() -> None:
    assert listed([TASK], TASKS, Output.TABLE, NOW).splitlines() == [
        "ID  TASK                    PHASE    ATTEMPT  AGE  NOTE",
        "t1  image-generation.paint  Running  1        10s  50% half of it",
    ]


def test_a_table_of_services() -> None:
    assert listed([SERVICE], SERVICES, Output.TABLE, NOW).splitlines() == [
        "NAME              STATE  TASKS",
        "image-generation  Ready  paint, describe",
    ]


def test_an_empty_table_has_its_columns() -> None:
    assert listed([], SERVICES, Output.TABLE, NOW) == "NAME  STATE  TASKS"


def test_markup_in_what_a_task_says_is_text() -> None:
    task = document(Phase.RUNNING, progress={"message": "[red]x[/red] [link"})

    assert "[red]x[/red] [link" in listed([task], TASKS, Output.TABLE, NOW)


def test_a_terminal_does_not_obey_what_a_task_says(taskyard: Taskyard) -> None:
    evil = "\x1b]0;pwned\x07\x1b[2J\x9b31m[/red] a\nb"
    said = document(Phase.RUNNING, progress={"message": evil})
    failed = new_failed(taskyard, evil)

    assert r"\x1b]0;pwned\x07\x1b[2J\x9b31m[/red] a b" in listed([said], TASKS, Output.TABLE, NOW)
    for command in ("get", "explain", "events"):
        shown = taskyard(command, failed).out
        assert r"\x1b]0;pwned\x07\x1b[2J\x9b31m[/red] a" in shown
        assert not set(shown) & set("\x1b\x07\x9b")
    for call in (("get", failed), ("events", failed, "--only", "phase")):
        shown = taskyard(*call, "-o", "json").out
        assert r"\u001b]0;pwned\u0007\u001b[2J\u009b31m[/red] a\nb" in shown


@pytest.mark.parametrize(
    ("output", "read"), [(Output.JSON, json.loads), (Output.YAML, yaml.safe_load)]
)
def test_structured_output_has_no_control_characters(output: Output, read: Any) -> None:
    said = {"message": "".join(map(chr, range(0xA0))) + "é", "line": "a\x85b"}

    shown = structured(said, output)

    assert not set(shown) & {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\n"}
    assert "é" in shown
    assert read(shown) == said


@pytest.mark.parametrize(
    ("output", "read"), [(Output.JSON, json.loads), (Output.YAML, yaml.safe_load)]
)
def test_structured_output_is_the_gateways_document(output: Output, read: Any) -> None:
    assert read(structured(TASK, output)) == TASK
    assert read(listed([TASK], TASKS, output, NOW)) == {"items": [TASK]}


def test_names_are_one_in_a_line() -> None:
    assert listed([TASK, TASK], TASKS, Output.NAME, NOW) == "t1\nt1"
    assert listed([], TASKS, Output.NAME, NOW) == ""


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (document(Phase.QUEUED, reason="Suspended"), "Suspended"),
        (document(Phase.QUEUED) | {"reason": "ConcurrencyLimit", "position": 3},
         "ConcurrencyLimit, place 3"),
        (document(Phase.RUNNING), "-"),
        (document(Phase.RUNNING, progress={"fraction": 0.25}), "25%"),
        (document(Phase.RUNNING, progress={"message": "loading"}), "loading"),
        (document(Phase.FAILED, reason="TaskError", progress={"fraction": 0.25}), "TaskError"),
    ],
)  # fmt: skip
def test_a_note_is_the_one_thing_to_say(task: dict[str, Any], said: str) -> None:
    assert note(task) == said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (190, "3m10s"), (3600, "1h"), (3661, "1h1m"),
     (2 * 86400 + 5 * 3600 + 7, "2d5h"), (86400 + 59, "1d"), (-3, "0s")],
)  # fmt: skip
def test_a_span_of_time(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (20 * 1024**3, "20 GiB")]
)
def test_a_size(count: int, text: str) -> None:
    assert sized(count) == text


def test_details_tell_of_all_attempts() -> None:
    attempts = [
        attempt(1, 30, 20, reason="Disrupted", message="the node is gone", node="node-1"),
        attempt(2, 15),
    ]

    told = dict(details(document(Phase.RUNNING, startedAt=at(15), attempts=attempts), NOW))

    assert told["attempt 1"] == "Disrupted after 10s on node-1: the node is gone"
    assert told["attempt 2"] == "runs for 15s"
    assert "reason" not in told


def test_top_shows_what_runs_before_what_waits() -> None:
    tasks = [
        document(Phase.QUEUED) | {"id": "third", "position": 2},
        document(Phase.QUEUED) | {"id": "second", "position": 1},
        document(Phase.RUNNING) | {"id": "first"},
    ]

    assert [task["id"] for task in in_order(tasks)] == ["first", "second", "third"]
    assert summary(tasks, 50) == "1 running, 0 starting, 2 queued"
    assert summary(tasks, 3) == "1 running, 0 starting, 2 queued (the newest 3)"
