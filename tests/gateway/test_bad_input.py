"""Requests that cannot be served: each is told what is wrong and how to mend it, and leaves nothing."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from .bad.fields import FIELDS
from .bad.forms import FORMS
from .bad.json_bodies import BODIES
from .bad.own_api import OWN_API
from .bad.pictures import PICTURES
from .bad.questions import QUESTIONS
from .bad.request import Bad
from .bad.wire import MAX_HEAD, SLOW, WIRE, Raw
from .conftest import NewPlace, StartGateway, submitted
from .place import Place
from .process import Gateway
from .studio import Studio, Workshop, manifest
from .waiting import soon
from .wire import answer_on, connected

REQUESTS = [*FIELDS, *BODIES, *FORMS, *PICTURES, *QUESTIONS, *OWN_API]
LIMITS = {
    "maxInputBytes": 200_000,
    "maxJsonBytes": 50_000,
    "maxPictureBytes": 100_000,
    "maxPicturePixels": 1_000_000,
    "maxParts": 10,
    "maxHeadBytes": MAX_HEAD,
    "headSeconds": 3,
    "bodySilenceSeconds": 3,
}
"""Settings of the gateway that these requests are for: limits that a test can reach."""
MIB = 1024**2
MOST_MEMORY = 48 * MIB
"""More than it held when it was idle, the gateway may not take for all of them."""
_LEAKS = re.compile(r"Traceback|File \"|/usr/|site-packages|\.py\b|0x[0-9a-f]{6}|Errno|object at")


@dataclass(frozen=True)
class Strict:
    """A gateway with low limits, in a namespace where nothing but the services is ever to be."""

    gateway: Gateway
    http: httpx.Client
    place: Place
    idle: int

    def unharmed(self) -> None:
        """It serves, holds no more memory than it may, and has made nothing."""
        assert self.http.get("/livez").status_code == 200
        assert self.gateway.memory().peak - self.idle < MOST_MEMORY
        assert self.place.runs() == []
        assert self.place.kept() == []


@pytest.fixture(scope="module")
def strict(new_place: NewPlace, start_gateway: StartGateway) -> Iterator[Strict]:
    """The one gateway that gets all of them; in the end it takes what is good, and has failed at nothing."""
    with (
        new_place(manifest(Studio, "studio"), manifest(Workshop, "workshop")) as place,
        start_gateway(place, rootService="studio", **LIMITS) as gateway,
        gateway.client(limits=httpx.Limits(max_keepalive_connections=0)) as http,
    ):
        yield Strict(gateway, http, place, gateway.memory().now)
        submitted(http.post("/paint/submit", json={"prompt": "a hill"}))
        assert "Traceback" not in gateway.log()


@pytest.mark.parametrize("bad", REQUESTS, ids=lambda bad: bad.what)
def test_a_request_is_refused_if(bad: Bad, strict: Strict) -> None:
    content = bad.content if isinstance(bad.content, bytes) else iter(bad.content)

    answer = strict.http.request(bad.method, bad.path, content=content, headers=bad.headers)

    assert answer.status_code == bad.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = _error_in(answer)
    assert body["reason"] == bad.reason
    for words in (bad.says,) if isinstance(bad.says, str) else bad.says:
        assert words in body["error"]
    blamed = {fault["loc"][0] for fault in body.get("detail", ()) if fault["loc"]}
    assert blamed <= set(bad.fields)
    assert bool(blamed) == bool(bad.fields)
    assert all(fault["msg"] for fault in body.get("detail", ()))
    assert set(body) <= {"error", "reason", "detail", "task_id", "requestId"}
    assert not _LEAKS.search(answer.text)
    assert len(answer.text) < 20_000
    strict.unharmed()


@pytest.mark.parametrize("raw", WIRE, ids=lambda raw: raw.what)
def test_bytes_are_refused_if(raw: Raw, strict: Strict) -> None:
    with connected(strict.gateway.url) as connection:
        with suppress(OSError):  # what is refused before its end is not read to it
            connection.sendall(raw.sent)
        answer = answer_on(connection)

        assert answer.status == raw.status, answer.body
        assert raw.says in answer.body.decode()
        assert not _LEAKS.search(answer.body.decode())
        assert not raw.ends or _ends(connection)
    strict.unharmed()


def test_whoever_does_not_go_on_is_not_waited_for(strict: Strict) -> None:
    with ExitStack() as stack:
        waiting = [(raw, stack.enter_context(connected(strict.gateway.url))) for raw in SLOW]
        for raw, connection in waiting:
            connection.sendall(raw.sent)
        strict.unharmed()

        for raw, connection in waiting:
            if raw.status:
                answer = answer_on(connection)
                assert (raw.what, answer.status) == (raw.what, raw.status)
                assert raw.says in answer.body.decode()
            assert _ends(connection), raw.what
    strict.unharmed()


def test_whoever_goes_away_leaves_nothing(strict: Strict) -> None:
    for raw in [*SLOW, *WIRE]:
        with connected(strict.gateway.url) as connection:
            connection.sendall(raw.sent[: len(raw.sent) // 2])

    soon(strict.gateway.idle)
    strict.unharmed()


def test_there_are_many_ways_to_be_wrong() -> None:
    kinds = [bad.what for bad in REQUESTS] + [raw.what for raw in (*WIRE, *SLOW)]
    assert len(set(kinds)) == len(kinds) > 450


def _error_in(answer: httpx.Response) -> dict[str, Any]:
    """What is told, in the form of the routes that BentoML has; that of /v1 has it all in one object."""
    body: dict[str, Any] = answer.json()
    if not answer.request.url.path.startswith("/v1/"):
        return body
    assert set(body) == {"error"}
    names = {"message": "error", "taskId": "task_id"}
    return {names.get(name, name): value for name, value in body["error"].items()}


def _ends(connection: socket.socket) -> bool:
    """Whether an end comes, and before it nothing that was not begun."""
    try:
        while connection.recv(1000):
            pass
    except OSError as error:
        return not isinstance(error, TimeoutError)
    return True
