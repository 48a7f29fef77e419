"""Requests that cannot be served: each is told what is wrong and how to mend it, and leaves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from .bad_requests import ALL, LIMITS, Bad
from .conftest import NewPlace, StartGateway
from .place import Place
from .studio import Studio, Workshop, manifest


@pytest.fixture(scope="module")
def untouched(new_place: NewPlace) -> Iterator[Place]:
    """A namespace in which nothing but the services is ever to be."""
    with new_place(manifest(Studio, "studio"), manifest(Workshop, "workshop")) as place:
        yield place


@pytest.fixture(scope="module")
def strict(untouched: Place, start_gateway: StartGateway) -> Iterator[httpx.Client]:
    """A client of a gateway with limits that a test can reach."""
    with (
        start_gateway(untouched, rootService="studio", **LIMITS) as gateway,
        gateway.client() as http,
    ):
        yield http


_LEAKS = re.compile(r"Traceback|File \"|/usr/|site-packages|\.py\b|0x[0-9a-f]{6}|Errno|object at")


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.what)
def test_a_request_is_refused_if(bad: Bad, strict: httpx.Client, untouched: Place) -> None:
    content = bad.content if isinstance(bad.content, bytes) else iter(list(bad.content))

    answer = strict.request(bad.method, bad.path, content=content, headers=bad.headers)

    assert answer.status_code == bad.status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
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
    assert untouched.left() == []


def test_there_are_many_ways_to_be_wrong() -> None:
    kinds = [bad.what for bad in ALL]
    assert len(set(kinds)) == len(kinds) > 100
