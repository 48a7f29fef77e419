"""Whatever is asked of /v1, it answers as its OpenAPI document says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from taskyard_operator.core.document import task_document
from tests.core.builders import a_delivery, a_run
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.openapi import openapi_document

from .making import ECHO, accepted, refused
from .story import Story

DOCUMENT = openapi_document()
READ: Any = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in READ.get_all_operations()]
OUR_OWN = [not_a_server_error, positive_data_acceptance]
"""Checks that are left out: 500 is a task's failure, and no schema tells which label or id is fit."""
EXAMPLES = 15
"""Requests for each route that are made up, each for a task that is hardly there and for one that is."""


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def ended(http: httpx.Client, place: Place) -> list[str]:
    """Tasks that have ended, each in its way."""
    done, failed, cancelled = (accepted(http.post(ECHO, json={"value": n})) for n in range(3))
    story = Story(place, done)
    story.run()
    story.log("said")
    story.emit(0, {"a": 1})
    story.succeed()
    place.succeed(done, b"{}")
    place.fail(failed, "TaskError", "it raised")
    place.write_status(cancelled, phase="Cancelled", reason="Cancelled")
    return [done, failed, cancelled]


@pytest.fixture(scope="module")
def live(http: httpx.Client) -> str:
    """A task that waits."""
    return accepted(http.post(ECHO, json={"value": 1}))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_only_what_is_documented_is_answered(
    operation: Any,
    another_gateway: Gateway,
    session: requests.Session,
    ended: list[str],
    live: str,
) -> None:
    if operation.path.endswith(("/events", "/logs")):
        there = cycle(ended)  # What follows a task that goes on would go on with it.
    else:
        there = cycle([live] if operation.method == "delete" else [*ended, live])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        ask = partial(
            case.call_and_validate,
            another_gateway.url,
            session=session,
            timeout=30,
            excluded_checks=OUR_OWN,
        )
        ask()
        if "task_id" in case.path_parameters:
            case.path_parameters["task_id"] = next(there)
            ask()

    answers()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_a_parameter_that_is_not_known_is_refused_by_its_name(
    http: httpx.Client, operation: Any, live: str
) -> None:
    path = operation.path.format(service="studio", task="echo", task_id=live)

    answer = http.request(operation.method, path, params={"colour": "red"})

    error = refused(answer, 400, "InvalidInput")
    assert error["detail"] == [{"loc": ["colour"], "msg": "there is no such parameter here"}]


def test_a_document_has_the_keys_that_are_described(http: httpx.Client, ended: list[str]) -> None:
    described = DOCUMENT["components"]["schemas"]
    task = http.get(f"/v1/tasks/{ended[0]}").json()
    callback = task_document(a_run().owing(a_delivery()))["callback"]

    for document, name in [
        (task, "TaskDocument"),
        (task["attempts"][0], "AttemptDocument"),
        (task["timings"], "Timings"),
        (task["result"], "ResultDocument"),
        (callback, "CallbackDocument"),
        (callback["deliveries"][0], "DeliveryDocument"),
        (http.get("/v1/server").json(), "ServerDocument"),
        (http.get("/v1/services").json()["items"][0], "ServiceDocument"),
        (http.get("/v1/tasks").json(), "TaskList"),
        (http.get("/v1/tasks").json()["items"][0], "TaskDocument"),
        (http.post("/v1/tasks/cancel?service=nobody").json(), "CancelledTasks"),
        (http.post("/v1/tasks/wait", json={"ids": ended}).json(), "WaitedTasks"),
        (http.get(f"/v1/tasks/{ended[0]}/outputs").json()["items"][0], "Output"),
    ]:
        assert set(document) <= set(described[name]["properties"]), name
        assert set(document) >= set(described[name]["required"]), name


def test_the_document_is_told(http: httpx.Client) -> None:
    assert http.get("/v1/openapi.json").json() == DOCUMENT
    refused(http.get("/v1/openapi.json?colour=red"), 400, "InvalidInput")
