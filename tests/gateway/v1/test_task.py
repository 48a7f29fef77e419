"""One task, by its id: everything that is known of it, in one document."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from taskyard.api.names import API_VERSION
from taskyard.api.taskrun import TaskRun
from tests.core.builders import a_run
from tests.gateway.conftest import submitted
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .making import refused


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


@pytest.fixture(scope="module")
def unreadable(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a TaskRun that the API server has taken, with an input that no gateway would take."""
    run = a_run().named("unreadable").in_namespace(place.namespace).with_inline(given="DEEP")
    file = tmp_path_factory.mktemp("run") / "run.json"
    file.write_text(json.dumps(run.manifest()).replace('"DEEP"', "[" * 250 + "]" * 250))
    url = f"/apis/{API_VERSION}/namespaces/{place.namespace}/{TaskRun.PLURAL}"
    place.kubectl("create", "--raw", url, "--filename", str(file))
    yield run.metadata.name
    place.kubectl("delete", "taskruns.taskyard.dev", run.metadata.name, "-n", place.namespace)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "?wait=5"), ("POST", "/cancel"), ("DELETE", "")]
)
def test_of_a_task_run_that_cannot_be_read_it_is_said_how_to_mend_it(
    http: httpx.Client, gateway: Gateway, place: Place, unreadable: str, method: str, path: str
) -> None:
    answer = http.request(method, f"/v1/tasks/{unreadable}{path}")

    error = refused(answer, 500, "Unreadable")
    assert error["taskId"] == unreadable
    assert "spec.input.inline: it is nested deeper than 165 levels" in error["message"]
    assert (
        f"`kubectl get taskruns.taskyard.dev {unreadable} -n {place.namespace}" in error["message"]
    )
    assert f"/v1/tasks/{unreadable}{path} failed" not in gateway.log()


def test_bentomls_clients_are_told_so_as_well(http: httpx.Client, unreadable: str) -> None:
    answer = http.get("/echo/status", params={"task_id": unreadable})

    assert (answer.status_code, answer.json()["reason"]) == (500, "Unreadable")
    assert "`kubectl edit`" in answer.json()["error"]


def test_a_task_run_that_cannot_be_read_keeps_nobody_waiting_for_others(
    http: httpx.Client, place: Place, task_id: str, unreadable: str
) -> None:
    place.succeed(task_id, b"1")

    told = http.post("/v1/tasks/wait", json={"ids": [unreadable, task_id], "seconds": 20}).json()

    assert [one["id"] for one in told["ended"]] == [task_id]
    assert [one["error"]["reason"] for one in told["unknown"]] == ["Unreadable"]
