"""A task is the same task by the gateway's own routes and by those of BentoML; all that is sent arrives."""

from __future__ import annotations

from typing import Any

from tests.conformance.backends import Backend
from tests.conformance.task import Task, end_of

NEW_BENTOML = {"user-agent": "BentoML HTTP Client/1.4.29"}


def test_what_is_large_arrives_as_it_was_sent_and_comes_back(backend: Backend) -> None:
    text = "word " * 40_000
    task = backend.submit("echo", {"text": text})

    assert end_of(task.ended()) == ("Succeeded", None)
    assert task.result().text == text


def test_a_direct_call_is_answered_with_the_result_itself(backend: Backend) -> None:
    text = '$(PATH) $$x^2$$ $HOME "quoted" \\ äöü'  # Kubernetes would expand some of it
    answer = backend.http.post("/services/plain/echo", json={"text": text})

    assert (answer.status_code, answer.text) == (200, text)
    task = Task(backend.http, answer.headers["x-task-id"])
    assert end_of(task.document()) == ("Succeeded", None)


def test_a_task_of_bentomls_routes_is_the_same_task_by_ours(backend: Backend) -> None:
    http, path = backend.http, "/services/plain/hold"
    made = http.post(f"{path}/submit", json={"seconds": 300}, headers=NEW_BENTOML)
    task = Task(http, made.json()["task_id"])
    mine: dict[str, Any] = {"params": {"task_id": task.id}, "headers": NEW_BENTOML}
    task.begun()
    assert http.get(f"{path}/status", **mine).json()["status"] == "in_progress"

    assert http.put(f"{path}/cancel", **mine).status_code == 200

    assert end_of(task.ended()) == ("Cancelled", "Cancelled")
    assert http.get(f"{path}/status", **mine).json()["status"] == "canceled"
    again = http.post(f"{path}/retry", **mine)
    second = Task(http, again.json()["task_id"])
    assert second.document()["retryOf"] == task.id
    second.cancel()
    assert second.ended()["phase"] == "Cancelled"
