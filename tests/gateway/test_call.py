"""A direct call: `POST /<task>` gives the result itself, or after a while the id to ask for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from .bodies import picture
from .conftest import NewPlace, StartGateway, submitted
from .place import Place
from .process import Gateway
from .studio import Studio, manifest
from .waiting import soon
from .wire import connected, post


@pytest.fixture(scope="module")
def quiet(new_place: NewPlace) -> Iterator[Place]:
    """A namespace in which nobody else makes runs."""
    with new_place(manifest(Studio, "studio")) as place:
        yield place


@pytest.fixture(scope="module")
def patient(quiet: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """Its gateway, which waits longer than any test."""
    with start_gateway(quiet, callSeconds=300) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def hasty(quiet: Place, start_gateway: StartGateway) -> Iterator[httpx.Client]:
    """A client of a gateway which waits for half a second."""
    with start_gateway(quiet, callSeconds=0.5) as gateway, gateway.client() as http:
        yield http


class Caller:
    """Calls in threads of their own, and tells the ids of the runs that they make."""

    def __init__(self, gateway: Gateway, place: Place) -> None:
        self._gateway = gateway
        self._place = place
        self._threads = ThreadPoolExecutor(50)

    def call(self, path: str = "/echo", value: Any = 1) -> tuple[Future[httpx.Response], str]:
        """A call that waits, and the id of its run."""
        before = set(self._place.runs())
        answer = self._threads.submit(self._post, path, {"value": value})
        soon(lambda: bool(set(self._place.runs()) - before) or answer.done())
        assert not answer.done(), answer.result().text
        (task_id,) = set(self._place.runs()) - before
        return answer, task_id

    def _post(self, path: str, body: Any) -> httpx.Response:
        with self._gateway.client() as http:
            return http.post(path, json=body)


@pytest.fixture(scope="module")
def caller(patient: Gateway, quiet: Place) -> Caller:
    return Caller(patient, quiet)


def test_a_call_is_answered_with_the_result_once_it_is_there(caller: Caller, quiet: Place) -> None:
    answer, task_id = caller.call()
    quiet.write_status(task_id, phase="Running", attempt=1)
    assert not answer.done()

    quiet.succeed(task_id, picture(), "image/png", fileName="hill.png")

    response = answer.result(10)
    assert (response.status_code, response.content) == (200, picture())
    assert response.headers["content-type"] == "image/png"
    assert 'filename="hill.png"' in response.headers["content-disposition"]
    assert response.headers["x-task-id"] == task_id


def test_it_is_answered_below_the_name_of_its_service_as_well(caller: Caller, quiet: Place) -> None:
    answer, task_id = caller.call("/services/studio/echo")
    quiet.succeed(task_id, b"1", statusCode=207)

    assert (answer.result(10).status_code, answer.result().content) == (207, b"1")


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ({"phase": "Failed", "reason": "TaskError", "message": "ValueError: no"}, 500, "TaskError"),
        ({"phase": "Failed", "reason": "InvalidInput", "message": "a: no"}, 400, "InvalidInput"),
        ({"phase": "Cancelled", "reason": "Cancelled"}, 409, "Cancelled"),
    ],
    ids=lambda value: str(value["phase"]) if isinstance(value, dict) else None,
)
def test_a_call_whose_task_ends_in_another_way_is_answered_as_get_would_be(
    caller: Caller, patient: Gateway, quiet: Place, status: dict[str, str], code: int, reason: str
) -> None:
    answer, task_id = caller.call()
    quiet.write_status(task_id, **status)

    response = answer.result(10)
    assert (response.status_code, response.json()["reason"]) == (code, reason)
    assert (response.json()["task_id"], response.headers["x-task-id"]) == (task_id, task_id)
    with patient.client() as http:
        told = http.get("/echo/get", params={"task_id": task_id})
    assert told.json()["error"] == response.json()["error"]


def test_a_call_that_takes_too_long_is_told_the_id_and_the_task_goes_on(
    hasty: httpx.Client, quiet: Place
) -> None:
    response = hasty.post("/echo", json={"value": 1})

    assert response.status_code == 504
    body = response.json()
    assert body["reason"] == "CallTimeout"
    assert f"task {body['task_id']} has not ended yet, and goes on" in body["error"]
    assert response.headers["x-task-id"] == body["task_id"]
    assert "cancel" not in quiet.run(body["task_id"])["spec"]

    quiet.succeed(body["task_id"], b"1")
    assert hasty.get("/echo/get", params={"task_id": body["task_id"]}).json() == 1


def test_an_input_that_does_not_fit_is_refused_before_there_is_a_run(
    hasty: httpx.Client, quiet: Place
) -> None:
    before = quiet.left()

    response = hasty.post("/paint", json={"prompt": 1})

    assert (response.status_code, response.json()["reason"]) == (400, "InvalidInput")
    assert hasty.post("/nothing", json={}).status_code == 404
    assert quiet.left() == before


def test_a_run_that_is_deleted_while_somebody_waits_for_it_is_not_found(
    caller: Caller, quiet: Place
) -> None:
    answer, task_id = caller.call()

    quiet.kubectl("delete", "taskruns.taskyard.dev", task_id, "-n", quiet.namespace)

    assert answer.result(10).status_code == 404


def test_a_caller_that_goes_away_cancels_nothing(patient: Gateway, quiet: Place) -> None:
    before = set(quiet.runs())
    body = b'{"value": 1}'
    with connected(patient.url) as connection:
        connection.sendall(post("/echo", body, content_length=len(body)))
        soon(lambda: set(quiet.runs()) > before)

    (task_id,) = set(quiet.runs()) - before
    quiet.succeed(task_id, b"1")
    soon(patient.idle)
    assert "cancel" not in quiet.run(task_id)["spec"]
    assert "Traceback" not in patient.log()


def test_many_wait_at_the_same_time_and_each_gets_its_own_result(
    patient: Gateway, quiet: Place
) -> None:
    before = set(quiet.runs())
    answers: dict[int, httpx.Response] = {}

    def call(number: int) -> None:
        with patient.client() as http:
            answers[number] = http.post("/echo", json={"value": number})

    threads = [threading.Thread(target=call, args=[number]) for number in range(5)]
    for thread in threads:
        thread.start()
    soon(lambda: len(set(quiet.runs()) - before) == len(threads))
    for task_id in set(quiet.runs()) - before:
        value = quiet.run(task_id)["spec"]["input"]["inline"]["value"]
        quiet.succeed(task_id, str(value).encode())
    for thread in threads:
        thread.join(30)

    assert {number: answer.json() for number, answer in answers.items()} == {
        number: number for number in range(len(threads))
    }


def test_who_waits_is_told_the_id_when_the_gateway_is_to_end(
    quiet: Place, start_gateway: StartGateway
) -> None:
    with start_gateway(quiet, callSeconds=300) as gateway:
        answer, task_id = Caller(gateway, quiet).call()
        gateway.signal(signal.SIGTERM)

        response = answer.result(10)
        gateway.wait()

    assert (response.status_code, response.json()["task_id"]) == (504, task_id)
    assert "Traceback" not in gateway.log()


def test_a_task_at_the_route_of_another_word_is_submitted_as_ever(
    patient: Gateway, quiet: Place
) -> None:
    with patient.client() as http:
        assert submitted(http.post("/v1/story/tell/submit", json={"to": "a", "about": "b"}))
