"""What /v1 tells while something behind the gateway is away, and what it still does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from taskyard.api.names import new_run_name
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import ResultRecord, TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.record import Record
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .making import ECHO, keyed, refused

QUESTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", ECHO, {"json": {"value": 1}}),
    ("GET", "/v1/tasks/x", {}),
    ("GET", "/v1/tasks/x?wait=30", {}),
    ("GET", "/v1/tasks/x/result", {}),
    ("POST", "/v1/tasks/x/cancel", {}),
    ("POST", "/v1/tasks/x/retry", {}),
    ("DELETE", "/v1/tasks/x", {}),
]


@pytest.mark.parametrize(
    ("method", "path", "options"), QUESTIONS, ids=[f"{q[0]} {q[1]}" for q in QUESTIONS]
)
def test_without_an_api_server_what_needs_it_is_to_be_asked_again_later(
    without_api_server: Gateway, method: str, path: str, options: dict[str, Any]
) -> None:
    with without_api_server.client() as http:
        answer = http.request(method, path, **options)

    assert int(answer.headers["retry-after"]) > 0
    assert "the API server " in refused(answer, 503, "Unavailable")["message"]


@pytest.fixture
def recorded(here: Place) -> Iterator[str]:
    """A task of which the record and the result are left."""
    name = new_run_name(datetime.now(UTC))
    key = f"{here.namespace}/{name}/1/result"
    result = ResultRecord(key=key, size=2, sha256=hashlib.sha256(b"{}").hexdigest())
    run = TaskRun(
        metadata=Metadata(name=name, namespace=here.namespace, uid="a-run"),
        spec=TaskRunSpec(service="studio", task="echo", input=TaskInput(inline={"value": 1})),
        status=TaskRunStatus(phase="Succeeded", attempt=1, result=result),
    )
    here.store(key, b"{}")
    kept_until = datetime.now(UTC) + timedelta(days=1)
    here.store(f"{here.namespace}/{name}/record", Record(run, kept_until).to_json())
    yield name
    here.clear()


def test_without_an_api_server_results_are_there_by_their_record(
    without_api_server: Gateway, here: Place, recorded: str
) -> None:
    with without_api_server.client() as http:
        task = http.get(f"/v1/tasks/{recorded}", params={"wait": 30})
        result = http.get(f"/v1/tasks/{recorded}/result")
        cancel = http.post(f"/v1/tasks/{recorded}/cancel")
        before = here.objects()
        deletion = http.delete(f"/v1/tasks/{recorded}")

    assert (task.status_code, task.json()["phase"]) == (200, "Succeeded")
    assert (result.status_code, result.content) == (200, b"{}")
    assert (cancel.status_code, cancel.json()) == (200, task.json())
    assert deletion.status_code == 503  # since the TaskRun may be there
    assert here.objects() == before


def test_without_a_store_a_submit_with_a_key_makes_nothing(
    without_store: Gateway, here: Place
) -> None:
    with without_store.client() as http:
        answer = http.post(ECHO, json={"value": 1}, headers=keyed("a"))

    refused(answer, 503, "Unavailable")
    assert here.left() == []
