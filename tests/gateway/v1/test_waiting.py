"""Asking for a task or its result, and waiting for its end meanwhile."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.place import Place
from tests.gateway.process import Gateway

from .making import refused
from .story import Story

Later = Callable[[str], Future[httpx.Response]]


@pytest.fixture
def later(http: httpx.Client) -> Iterator[Later]:
    """Asks in a thread of its own."""
    with ThreadPoolExecutor() as threads:
        yield lambda path: threads.submit(http.get, path)


def test_who_waits_is_answered_when_the_task_ends(place: Place, task_id: str, later: Later) -> None:
    answer = later(f"/v1/tasks/{task_id}?wait=60")
    result = later(f"/v1/tasks/{task_id}/result?wait=60")
    place.write_status(task_id, phase="Running", attempt=1)
    assert not answer.done()

    place.succeed(task_id, b"{}", fileName="x.json")

    assert answer.result(20).json()["phase"] == "Succeeded"
    assert (result.result(20).status_code, result.result().content) == (200, b"{}")


def test_who_waits_in_vain_hears_how_it_stands(http: httpx.Client, task_id: str) -> None:
    began = time.monotonic()

    answer = http.get(f"/v1/tasks/{task_id}", params={"wait": 0.3})

    assert time.monotonic() - began > 0.3
    assert (answer.status_code, answer.json()["phase"]) == (200, "Queued")
    error = refused(http.get(f"/v1/tasks/{task_id}/result", params={"wait": 0.1}), 409, "NotReady")
    assert (error["taskId"], error["phase"]) == (task_id, "Queued")


def test_what_has_ended_is_not_waited_for(http: httpx.Client, place: Place, task_id: str) -> None:
    place.succeed(task_id, b"1")
    answer = http.get(f"/v1/tasks/{task_id}", params={"wait": 1000}, timeout=20)
    assert answer.json()["phase"] == "Succeeded"


def test_a_task_that_goes_while_it_is_waited_for_is_answered_from_its_record(
    http: httpx.Client, place: Place, task_id: str, later: Later
) -> None:
    story = Story(place, task_id)
    story.run()
    answer = later(f"/v1/tasks/{task_id}?wait=60")

    story.succeed()
    story.be_deleted(recorded=True)

    assert answer.result(20).json()["phase"] == "Succeeded"
    assert http.get(f"/v1/tasks/{task_id}").json() == answer.result().json()


def test_nobody_waits_longer_than_the_setting_allows(
    another_gateway: Gateway, task_id: str
) -> None:
    with another_gateway.client() as http:
        answer = http.get(f"/v1/tasks/{task_id}", params={"wait": 3600}, timeout=20)
    assert answer.json()["phase"] == "Queued"


def test_who_waits_at_a_gateway_that_ends_is_answered(
    place: Place, start_gateway: StartGateway, task_id: str
) -> None:
    with start_gateway(place) as gateway, ThreadPoolExecutor() as threads:
        url = f"{gateway.url}/v1/tasks/{task_id}"
        waiting = threads.submit(httpx.get, f"{url}?wait=60", trust_env=False, timeout=60)
        httpx.get(f"{url}?wait=0.2", trust_env=False)  # the other one waits by now
        gateway.signal(signal.SIGTERM)
        assert waiting.result(20).json()["phase"] == "Queued"


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "soon", ""])
@pytest.mark.parametrize("path", ["", "/result"])
def test_a_time_that_is_none_is_refused(
    http: httpx.Client, task_id: str, path: str, wait: str
) -> None:
    answer = http.get(f"/v1/tasks/{task_id}{path}", params={"wait": wait})
    assert refused(answer, 400, "InvalidInput")["detail"][0]["loc"] == ["wait"]


def test_a_result_comes_as_the_task_gave_it_and_in_parts(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, b"0123456789", "text/plain", fileName="x.txt")
    path = f"/v1/tasks/{task_id}/result"

    whole, head = http.get(path), http.head(path)
    part = http.get(path, headers={"range": "bytes=2-4"})
    known = http.get(path, headers={"if-none-match": whole.headers["etag"]})

    assert (whole.status_code, whole.text) == (200, "0123456789")
    assert 'filename="x.txt"' in whole.headers["content-disposition"]
    assert (head.status_code, head.headers["content-length"]) == (200, "10")
    assert (part.status_code, part.text) == (206, "234")
    assert known.status_code == 304


def test_a_result_has_the_status_that_the_task_set(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, b"{}", statusCode=207)
    assert http.get(f"/v1/tasks/{task_id}/result").status_code == 207


@pytest.mark.parametrize(
    ("phase", "status", "reason"),
    [
        ("Failed", 500, "OutOfMemory"),
        ("Failed", 400, "InvalidInput"),
        ("Cancelled", 409, "Cancelled"),
    ],
)
def test_a_task_without_a_result_says_why(
    http: httpx.Client, place: Place, task_id: str, phase: str, status: int, reason: str
) -> None:
    place.write_status(task_id, phase=phase, reason=reason, message="It is so.", attempt=1)

    error = refused(http.get(f"/v1/tasks/{task_id}/result"), status, reason)

    assert error["taskId"] == task_id
    if phase == "Failed":
        assert (error["message"], error["phase"]) == ("It is so.", "Failed")
