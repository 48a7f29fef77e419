"""Bodies that are not what was announced, and clients that go away."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from .bodies import FORM, Part, form
from .conftest import NewPlace, StartGateway, submitted
from .place import Place
from .process import Gateway
from .studio import Studio, manifest
from .uploads import unfinished_uploads
from .waiting import soon
from .wire import answer_on, connected, post

BODY = b'{"value": "hello"}'


@pytest.fixture(scope="module")
def untouched(new_place: NewPlace) -> Iterator[Place]:
    """A namespace in which nothing but the service is ever to be."""
    with new_place(manifest(Studio, "studio")) as place:
        yield place


@pytest.fixture(scope="module")
def lonely(untouched: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """Its gateway."""
    with start_gateway(untouched, maxInputBytes=100_000_000) as gateway:
        yield gateway


def test_a_body_that_is_longer_than_announced_is_cut(lonely: Gateway, untouched: Place) -> None:
    with connected(lonely.url) as connection:
        connection.sendall(post("/echo/submit", BODY, content_length=len(BODY) - 4))
        answer = answer_on(connection)

    assert answer.status == 400
    assert "not valid JSON" in answer.json()["error"]
    assert untouched.left() == []


def test_a_body_that_is_announced_to_be_too_large_is_refused_before_it_is_sent(
    lonely: Gateway, untouched: Place
) -> None:
    with connected(lonely.url) as connection:
        connection.sendall(post("/convert/submit", b"", content_length=10**12, content_type=FORM))
        answer = answer_on(connection)

    assert answer.status == 413
    assert "100000000 bytes" in answer.json()["error"]
    assert untouched.left() == []


@pytest.mark.parametrize(
    "size", [0, 1000, 30_000_000], ids=["no part", "a part", "several parts of S3"]
)
@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
def test_a_client_that_goes_away_while_it_uploads_leaves_nothing_behind(
    lonely: Gateway, untouched: Place, size: int, told: bool
) -> None:
    body = form(Part("document", bytes(40_000_000), "x"))[:size]
    framed = body if told or not body else b"%x\r\n%b\r\n" % (len(body), body)
    length = {"content_length": "40000000"} if told else {"transfer_encoding": "chunked"}

    with connected(lonely.url) as connection:
        connection.sendall(post("/convert/submit", framed, content_type=FORM, **length))
        if size > 10_000_000:
            soon(lambda: untouched.left() != [])  # the parts of an upload that is under way

    with lonely.client() as http:
        assert http.get("/livez").status_code == 200
    soon(lambda: lonely.idle() and untouched.left() == [])
    assert "Traceback" not in lonely.log()


def test_a_client_that_goes_away_in_the_middle_of_json_leaves_nothing_behind(
    lonely: Gateway, untouched: Place
) -> None:
    with connected(lonely.url) as connection:
        connection.sendall(post("/echo/submit", BODY[:5], content_length=len(BODY)))

    soon(lonely.idle)
    assert untouched.left() == []
    assert "Traceback" not in lonely.log()


def test_a_client_that_goes_away_in_the_middle_of_a_result_does_no_harm(
    gateway: Gateway, http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, bytes(20_000_000))
    with http.stream("GET", "/echo/get", params={"task_id": task_id}) as answer:
        next(answer.iter_raw())

    soon(gateway.idle)
    assert len(http.get("/echo/get", params={"task_id": task_id}).content) == 20_000_000
    assert "Traceback" not in gateway.log()


def test_a_client_that_takes_nothing_of_a_result_is_dropped_and_one_that_takes_little_is_not(
    place: Place, start_gateway: StartGateway
) -> None:
    settings = {"rootService": "studio", "answerSilenceSeconds": 3}
    with start_gateway(place, **settings) as gateway, gateway.client() as http:
        task_id = submitted(http.post("/echo/submit", content=BODY))
        place.succeed(task_id, bytes(20_000_000))
        http.close()
        with connected(gateway.url) as connection:
            connection.sendall(
                f"GET /echo/get?task_id={task_id} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            began = time.monotonic()
            while time.monotonic() - began < 4:
                assert connection.recv(65536)
                time.sleep(0.05)
            soon(gateway.idle)
        assert "Traceback" not in gateway.log()


def test_an_upload_that_is_under_way_is_taken_when_the_gateway_is_told_to_end(
    place: Place, start_gateway: StartGateway
) -> None:
    body = form(Part("document", bytes(20_000_000), "x"))

    with start_gateway(place, rootService="studio") as gateway, gateway.client() as http:

        def slowly() -> Iterator[bytes]:
            yield body[:-1000]
            # Until then the gateway may not have seen the request, and may close the connection.
            soon(lambda: unfinished_uploads(place.server, place.namespace) != [])
            gateway.signal(signal.SIGTERM)
            soon(lambda: "Shutting down" in gateway.log())
            yield body[-1000:]

        task_id = submitted(
            http.post("/convert/submit", content=slowly(), headers={"content-type": FORM})
        )
        http.close()
        assert gateway.wait() == 0

    assert place.run(task_id)["spec"]["input"]["object"]["size"] == len(body)


def test_a_gateway_that_is_told_to_end_closes_what_it_has_opened(
    place: Place, start_gateway: StartGateway
) -> None:
    with start_gateway(place) as gateway, gateway.client() as http:
        assert http.get("/livez").status_code == 200
        http.close()
        gateway.signal(signal.SIGTERM)

        assert gateway.wait() == 0
    assert "Unclosed" not in gateway.log()
