"""Submitting a task, and what may be asked for with it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.bodies import FORM, Part, form
from tests.gateway.place import Place

from .making import CONVERT, ECHO, accepted, refused


def test_a_new_task_is_told_whole_and_with_its_place(http: httpx.Client, place: Place) -> None:
    answer = http.post(ECHO, json={"value": "hello"})

    task_id = accepted(answer)
    assert answer.json() == http.get(answer.headers["location"]).json()
    assert place.run(task_id)["spec"] == {
        "service": "studio",
        "task": "echo",
        "input": {"inline": {"value": "hello"}},
    }


def test_a_form_is_taken_as_on_the_routes_of_tasks(http: httpx.Client, place: Place) -> None:
    body = form(Part("document", b"x" * 20_000, "x.txt"))

    task_id = accepted(http.post(CONVERT, content=body, headers={"content-type": FORM}))

    assert place.stored(f"{place.namespace}/{task_id}/input") == body


def test_options_are_kept_in_the_task_run_and_told(http: httpx.Client, place: Place) -> None:
    query: list[tuple[str, Any]] = [
        ("priority", "-7"),
        ("label", "team=vision"),
        ("label", "example.com/batch.2="),
        ("queueDeadline", "60"),
        ("runDeadline", "3600"),
        ("callback", "https://hooks.example.org/done?of=nlp"),
        ("callbackStates", "Failed,Running"),
    ]

    answer = http.post(ECHO, params=query, json={"value": 1})

    run = place.run(accepted(answer))
    assert run["spec"]["priority"] == answer.json()["priority"] == -7
    assert run["spec"]["deadlines"] == {"queue": 60, "run": 3600}
    callback = {
        "url": "https://hooks.example.org/done?of=nlp",
        "states": ["Running", "Failed"],
    }
    assert run["spec"]["callback"] == callback
    assert answer.json()["callback"] == {**callback, "deliveries": []}
    assert answer.json()["deadlines"] == {"queue": 60, "start": None, "run": 3600}
    assert answer.json()["labels"] == {"team": "vision", "example.com/batch.2": ""}
    assert run["metadata"]["labels"] == {
        **answer.json()["labels"],
        "taskyard.dev/service": "studio",
        "taskyard.dev/task": "echo",
    }


UNFIT: dict[str, tuple[list[tuple[str, Any]], str, str]] = {
    "unknown": ([("prioritty", "1")], "prioritty", "there is no such parameter"),
    "no number": ([("priority", "high")], "priority", "valid integer"),
    "too high": ([("priority", "1001")], "priority", "less than or equal to 1000"),
    "no time": ([("runDeadline", "0")], "runDeadline", "greater than or equal to 1"),
    "too long": ([("startDeadline", "2592001")], "startDeadline", "equal to 2592000"),
    "no value": ([("label", "team")], "label", "write a label as key=value"),
    "an unfit key": ([("label", "-a=b")], "label", "63 letters, digits"),
    "an unfit domain": ([("label", "Example.com/a=b")], "label", "domain in lower case"),
    "an unfit value": ([("label", "a=b c")], "label", "63 letters, digits"),
    "too long a value": ([("label", "a=" + "b" * 64)], "label", "63 letters, digits"),
    "ours": ([("label", "taskyard.dev/service=x")], "label", "not a caller's to set"),
    "below ours": ([("label", "a.taskyard.dev/b=x")], "label", "not a caller's to set"),
    "twice": ([("label", "a=b"), ("label", "a=c")], "label", "given twice"),
    "no URL": ([("callback", "hooks")], "callback", "must be an absolute URL"),
    "a URL that leads inside": (
        [("callback", "https://10.0.0.1")],
        "callback",
        "no public address",
    ),
    "no phase": (
        [("callback", "https://hooks.example.org"), ("callbackStates", "Done")],
        "callbackStates",
        "'Done' is no phase",
    ),
    "two priorities": ([("priority", "1"), ("priority", "2")], "priority", "give it once"),
    "too many": ([("label", f"a{n}=b") for n in range(17)], "label", "at most 16"),
}


@pytest.mark.parametrize(("query", "name", "told"), UNFIT.values(), ids=UNFIT)
def test_options_that_do_not_fit_are_named_and_nothing_is_made(
    http: httpx.Client, place: Place, query: list[tuple[str, Any]], name: str, told: str
) -> None:
    before = place.runs()

    error = refused(http.post(ECHO, params=query, json={"value": 1}), 400, "InvalidInput")

    assert [fault["loc"] for fault in error["detail"]] == [[name]]
    assert told in error["message"]
    assert place.runs() == before


@pytest.mark.parametrize(
    ("path", "options", "status", "reason"),
    [
        ("/v1/services/studio/tasks/echo", {"json": {"valeu": 1}}, 400, "InvalidInput"),
        ("/v1/services/studio/tasks/echo", {"content": b"{"}, 400, "InvalidInput"),
        ("/v1/services/studio/tasks/sing", {"json": {}}, 404, "NotFound"),
        ("/v1/services/nobody/tasks/echo", {"json": {}}, 404, "NotFound"),
        (CONVERT, {"content": b"x", "headers": {"content-type": "image/png"}}, 415, None),
    ],
)
def test_what_is_wrong_with_the_body_or_the_path_is_told_as_ever(
    http: httpx.Client, path: str, options: dict[str, Any], status: int, reason: str | None
) -> None:
    error = refused(http.post(path, **options), status, reason or "UnsupportedMediaType")
    assert error["message"]
