"""The server, the services there are, and what their tasks take."""

from __future__ import annotations

from importlib import metadata

import httpx


def test_the_server_tells_its_version(http: httpx.Client) -> None:
    version = metadata.version("taskyard")

    assert http.get("/v1/server").json() == {"version": version, "gpus": None}


def test_services_are_listed_with_their_tasks(http: httpx.Client) -> None:
    items = http.get("/v1/services").json()["items"]

    assert [item["name"] for item in items] == ["studio", "workshop"]
    assert items[1] == {
        "name": "workshop",
        "ready": True,
        "suspended": False,
        "gpu": None,
        "tasks": [{"name": "paint", "route": "/paint", "description": "Not the studio's."}],
    }


def test_a_service_tells_what_its_tasks_take_and_give(http: httpx.Client) -> None:
    service = http.get("/v1/services/studio").json()

    paint = next(task for task in service["tasks"] if task["name"] == "paint")
    assert list(paint["input"]["properties"]) == ["prompt", "steps", "style", "seed"]
    assert paint["output"]["format"] == "image"


def test_a_service_that_is_not_there_is_told_as_such(http: httpx.Client) -> None:
    answer = http.get("/v1/services/nobody")

    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "NotFound")
    assert "there are: studio, workshop" in answer.json()["error"]["message"]
