"""What is told of a task that has ended stays the same when only its record is left, until it is deleted."""

from __future__ import annotations

import time
from typing import Any

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import PATIENCE, Task, end_of

SHORT_LIVED = service("short-lived", retention={"taskRun": 4})
AGENTS = ("tests", "BentoML HTTP Client/1.4.3", "BentoML HTTP Client/1.4.29")


def test_answers_stay_the_same_when_only_the_record_is_left_by_which_it_can_be_retried(
    backend: Backend,
) -> None:
    good = backend.submit("spell", {"word": "ab"}, service=SHORT_LIVED)
    bad = backend.submit("stumble", {"failures": 9}, service=SHORT_LIVED)
    none = backend.submit("hold", {"seconds": 300}, service=SHORT_LIVED)
    none.until(phase="Running")
    none.cancel()
    tasks = {"spell": good, "stumble": bad, "hold": none}
    before = {}
    for name, task in tasks.items():
        task.ended()
        before[name] = all_answers(name, task)

    for task in tasks.values():
        until_only_its_record_is_left(backend, task)

    assert {name: all_answers(name, task) for name, task in tasks.items()} == before
    second = bad.retry()
    first, again = bad.document(), second.ended()
    assert (second.id != bad.id, again["retryOf"]) == (True, bad.id)
    assert (end_of(again), again["message"]) == (end_of(first), first["message"])


def test_of_a_deleted_task_nothing_is_left(backend: Backend) -> None:
    task = backend.submit("echo", {"text": "x"}, label="fate=deleted")
    task.ended()

    assert task.ask("DELETE").status_code == 204

    for what in ("", "/result", "/logs", "/outputs", "/events"):
        assert task.ask("GET", what).status_code == 404
    assert task.ask("DELETE").status_code == 404
    assert backend.http.get("/v1/tasks", params={"label": "fate=deleted"}).json()["items"] == []


def test_tasks_are_listed_waited_for_and_cancelled_many_at_once(backend: Backend) -> None:
    http, mine = backend.http, {"label": "fate=shared"}
    ended = backend.submit("echo", {"text": "x"}, **mine)
    ended.ended()
    held = [backend.submit("hold", {"seconds": 300}, **mine) for _ in range(2)]
    ids = [task.id for task in held]

    told = http.post("/v1/tasks/wait", json={"ids": [*ids, ended.id]}).json()
    assert ([item["id"] for item in told["ended"]], told["pending"]) == ([ended.id], ids)
    listed = http.get("/v1/tasks", params={"task": "hold", "limit": 1, **mine}).json()
    assert ([item["id"] for item in listed["items"]], listed["next"] is None) == (ids[1:], False)
    cancelled = http.post("/v1/tasks/cancel", params={"task": "hold", **mine}).json()
    assert set(cancelled["ids"]) == set(ids)
    assert {task.ended()["phase"] for task in held} == {"Cancelled"}


def test_of_two_submits_with_one_key_there_is_one_task(backend: Backend) -> None:
    request: dict[str, Any] = {"json": {"text": "x"}, "headers": {"Idempotency-Key": "order-1"}}
    path = "/v1/services/plain/tasks/echo"

    first, second = backend.http.post(path, **request), backend.http.post(path, **request)

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]


def all_answers(name: str, task: Task) -> dict[str, Any]:
    """What can be asked of a task that has ended, by all routes."""
    told = {what: told_by(task, what) for what in ("", "/result", "/logs", "/outputs", "/events")}
    for agent in AGENTS:
        for word in ("status", "get"):
            path = f"/services/{SHORT_LIVED}/{name}/{word}"
            answer = task.http.get(path, params={"task_id": task.id}, headers={"user-agent": agent})
            told[f"{word} for {agent}"] = (answer.status_code, without_request_id(answer.text))
    return told


def told_by(task: Task, what: str) -> Any:
    """Status, body and type of an answer, but for what is of the request."""
    if what == "/events":
        return list(task.events())
    answer = task.ask("GET", what)
    return answer.status_code, without_request_id(answer.text), answer.headers["content-type"]


def without_request_id(text: str) -> str:
    before, name, after = text.partition('"requestId":"')
    return before + name + after.partition('"')[2]


def until_only_its_record_is_left(backend: Backend, task: Task) -> None:
    """Wait for what is no part of the API, since nobody is to see it."""
    deadline = time.monotonic() + PATIENCE
    while backend.keeps_run(task.id):
        assert time.monotonic() < deadline, f"{task.id} is still there"
        time.sleep(0.3)
