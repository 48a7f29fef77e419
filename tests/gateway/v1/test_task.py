"""One task, by its id: everything that is known of it, in one document."""

from __future__ import annotations

import httpx

from tests.gateway.conftest import submitted
from tests.gateway.place import Place


def test_a_document_has_all_its_keys_from_the_beginning(http: httpx.Client, task_id: str) -> None:
    document = http.get(f"/v1/tasks/{task_id}").json()

    assert document.pop("createdAt")
    assert document == {
        "id": task_id,
        "service": "studio",
        "task": "echo",
        "phase": "Queued",
        "reason": None,
        "message": None,
        "labels": {},
        "priority": None,
        "deadlines": None,
        "retryOf": None,
        "cancelRequested": False,
        "startedAt": None,
        "finishedAt": None,
        "position": None,
        "progress": None,
        "attempt": None,
        "attempts": [],
        "timings": {"queuedSeconds": None, "startSeconds": None, "runSeconds": None},
        "result": None,
        "resourcesReleased": False,
        "callback": None,
    }


def test_a_waiting_task_says_its_place_in_line(http: httpx.Client, place: Place) -> None:
    task_id = submitted(http.post("/echo/submit", json={"value": 1}))
    message = "Service studio may have 2 runs at a time; this one is number 7 in line."
    place.write_status(task_id, phase="Queued", message=message)

    assert http.get(f"/v1/tasks/{task_id}").json()["position"] == 7


def test_an_error_has_one_shape(http: httpx.Client) -> None:
    answer = http.get("/v1/tasks/none")

    assert answer.status_code == 404
    assert answer.json() == {
        "error": {
            "reason": "NotFound",
            "message": "task_id not found",
            "detail": [],
            "requestId": answer.headers["x-request-id"],
            "taskId": "none",
        }
    }


def test_what_is_not_there_is_not_taken_for_the_route_of_a_task(http: httpx.Client) -> None:
    for method, path, status in [
        ("GET", "/v1/tasks/x/nothing", 404),
        ("POST", "/v1/tasks/x/submit", 404),
        ("PUT", "/v1/tasks/x", 405),
        ("GET", "/v1/nothing", 404),
    ]:
        answer = http.request(method, path)
        assert answer.status_code == status, path
        assert answer.json()["error"]["requestId"] == answer.headers["x-request-id"]
