"""What the gateway tells Prometheus, on a port of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.controller.processes import free_port
from tests.metrics.scraping import Scrape

from .conftest import StartGateway, submitted
from .place import Place
from .process import Gateway
from .waiting import soon
from .wire import connected, post

SUBMIT = "/{route:path}/submit"


@dataclass(frozen=True)
class Measured:
    """A gateway of this test alone, so that nobody else is counted."""

    gateway: Gateway
    http: httpx.Client
    port: int

    def scrape(self) -> Scrape:
        answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", trust_env=False)
        return Scrape.of(answer.raise_for_status().text)

    def value(self, name: str, **labels: str) -> float:
        return self.scrape().value(f"taskyard_{name}", **labels)


@pytest.fixture
def measured(place: Place, start_gateway: StartGateway) -> Iterator[Measured]:
    port = free_port()
    with (
        start_gateway(place, rootService="studio", metrics_port=port) as gateway,
        gateway.client() as http,
    ):
        yield Measured(gateway, http, port)


def test_requests_count_by_the_route_as_the_program_has_it(measured: Measured) -> None:
    ids = [submitted(measured.http.post("/echo/submit", json={"value": n})) for n in range(3)]
    at_service = measured.http.post("/services/studio/echo/submit", json={"value": 3})
    for task_id in ids:
        measured.http.get("/echo/status", params={"task_id": task_id})
    measured.http.get("/echo/get", params={"task_id": "made-up"})
    measured.http.post("/echo/submit", json={"valu": 1})
    measured.http.get("/made/up")

    told = measured.scrape()
    requests = {
        (labels["route"], labels["method"], labels["code"]): value
        for labels, value in told.samples("taskyard_http_requests_total")
    }
    assert submitted(at_service)
    assert requests == {
        (SUBMIT, "POST", "200"): 4,
        ("/{route:path}/status", "GET", "200"): 3,
        ("/{route:path}/get", "GET", "404"): 1,
        (SUBMIT, "POST", "400"): 1,
        ("", "GET", "404"): 1,
    }
    assert told.value("taskyard_http_request_seconds_count", route=SUBMIT) == 5
    assert told.value("taskyard_api_requests_total", verb="create", resource="taskruns") == 4


def test_bytes_count_in_both_directions(measured: Measured) -> None:
    body = json.dumps({"value": "x" * 100_000}).encode()
    answer = measured.http.post(
        "/echo/submit", content=body, headers={"content-type": "application/json"}
    )

    assert submitted(answer)
    assert measured.value("http_received_bytes_total", route=SUBMIT) == len(body)
    assert measured.value("http_sent_bytes_total", route=SUBMIT) == len(answer.content)
    assert measured.value("store_requests_total", operation="put", outcome="done") == 1


def test_an_upload_is_open_until_it_has_come_whole_or_its_sender_is_gone(
    measured: Measured,
) -> None:
    assert measured.value("http_open_uploads") == 0
    with connected(measured.gateway.url) as connection:
        connection.sendall(
            post("/echo/submit", b'{"value": ', content_type="application/json", content_length=99)
        )
        soon(lambda: measured.value("http_open_uploads") == 1)

    soon(lambda: measured.value("http_open_uploads") == 0)


def test_metrics_are_not_on_the_port_of_the_public(measured: Measured) -> None:
    assert measured.http.get("/metrics").status_code == 404
    answer = httpx.post(f"http://127.0.0.1:{measured.port}/echo/submit", trust_env=False)
    assert answer.status_code == 404
