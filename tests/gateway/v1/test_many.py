"""Many tasks with one request: waited for until the first ends, and cancelled by a filter."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.core.tables import table
from tests.gateway.conftest import NewPlace, StartGateway, submitted
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.gateway.studio import Studio, manifest
from tests.gateway.waiting import soon

from .archive import archive

WAIT, CANCEL = "/v1/tasks/wait", "/v1/tasks/cancel"


@pytest.fixture(scope="module")
def yard(new_place: NewPlace) -> Iterator[Place]:
    """A place of our own, with a service for each test that cancels."""
    services = (manifest(Studio, name) for name in ("studio", "all", "some"))
    with new_place(*services) as place:
        yield place


@pytest.fixture(scope="module")
def server(yard: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    limits = {"maxWaitedTasks": 4, "maxCancelledTasks": 3, "maxWaitSeconds": 20}
    with start_gateway(yard, rootService="studio", **limits) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def http(server: Gateway) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def made(http: httpx.Client, service: str = "studio") -> str:
    """A task that was just accepted, once lists have it."""
    task_id = submitted(http.post(f"/services/{service}/echo/submit", json={"value": 1}))
    soon(lambda: listed(http, service=service)[:1] == [task_id])
    return task_id


def listed(http: httpx.Client, **query: str) -> list[str]:
    return [item["id"] for item in http.get("/v1/tasks", params=query).json()["items"]]


def waited(http: httpx.Client, seconds: float, *ids: str) -> Any:
    answer = http.post(WAIT, json={"ids": ids, "seconds": seconds})
    assert answer.status_code == 200, answer.text
    return answer.json()


def cancelled(http: httpx.Client, **query: str) -> Any:
    answer = http.post(CANCEL, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_those_that_have_ended_are_told_at_once(http: httpx.Client, yard: Place) -> None:
    good, bad, open_ = (made(http) for _ in range(3))
    yard.succeed(good, b"1")
    yard.fail(bad, "TaskError", "It raised.")
    soon(lambda: set(listed(http, phase="Succeeded,Failed")) >= {good, bad})

    told = waited(http, 20, open_, good, bad)

    assert [item["id"] for item in told["ended"]] == [good, bad]
    assert told["ended"] == [http.get(f"/v1/tasks/{name}").json() for name in (good, bad)]
    assert told["pending"] == [open_]
    assert told["unknown"] == []


def test_where_none_has_ended_the_first_that_ends_is_told(http: httpx.Client, yard: Place) -> None:
    slow, fast = made(http), made(http)
    began = time.monotonic()
    soon_ended = threading.Timer(0.3, yard.succeed, [fast, b"1"])
    soon_ended.start()

    told = waited(http, 20, slow, fast)

    soon_ended.join()
    assert [item["id"] for item in told["ended"]] == [fast]
    assert told["pending"] == [slow]
    assert time.monotonic() - began < 15


def test_where_none_ends_all_are_pending_when_the_time_is_over(http: httpx.Client) -> None:
    one, another = made(http), made(http)

    assert waited(http, 0.2, one, another, one) == {
        "ended": [],
        "pending": [one, another],
        "unknown": [],
    }


def test_a_task_of_which_only_the_record_is_left_has_ended(http: httpx.Client, yard: Place) -> None:
    task_id = made(http)
    yard.fail(task_id, "TaskError", "It raised.")
    archive(yard, task_id)

    told = waited(http, 20, task_id)

    assert [item["reason"] for item in told["ended"]] == ["TaskError"]


def test_what_is_unknown_is_told_at_once_with_its_error(http: httpx.Client) -> None:
    open_ = made(http)

    told = waited(http, 20, "nobody", open_, "../etc")

    assert told["pending"] == [open_]
    assert [(one["id"], one["error"]["reason"]) for one in told["unknown"]] == [
        ("nobody", "NotFound"), ("../etc", "NotFound"),
    ]  # fmt: skip
    assert told["unknown"][0]["error"]["message"] == "task_id not found"


@table(
    {
        "no JSON": (b"{", ()),
        "no object": (b"[]", ()),
        "no ids": (b'{"seconds": 1}', ("ids",)),
        "an empty list": (b'{"ids": []}', ("ids",)),
        "a number for an id": (b'{"ids": [1]}', ("ids", 0)),
        "too many ids": (b'{"ids": ["a", "b", "c", "d", "e"]}', ("ids",)),
        "a word for a time": (b'{"ids": ["a"], "seconds": "long"}', ("seconds",)),
        "a time below nothing": (b'{"ids": ["a"], "seconds": -1}', ("seconds",)),
        "an unknown word": (b'{"ids": ["a"], "wait": 1}', ("wait",)),
    }
)
def test_a_wait_is_refused_that_has(
    case: tuple[bytes, tuple[Any, ...]], http: httpx.Client
) -> None:
    body, blamed = case

    answer = http.post(WAIT, content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400, answer.text
    assert tuple(answer.json()["error"]["detail"][0]["loc"]) == blamed


def test_a_body_of_another_kind_or_size_is_refused(http: httpx.Client) -> None:
    form = http.post(WAIT, content=b"ids=a")
    large = http.post(WAIT, json={"ids": ["x" * 10_000]})

    assert (form.status_code, form.json()["error"]["reason"]) == (415, "UnsupportedMediaType")
    assert (large.status_code, large.json()["error"]["reason"]) == (413, "TooLarge")
    assert "give at most 4 ids" in large.json()["error"]["message"]


def test_all_that_a_filter_picks_are_asked_to_end_portion_by_portion(
    http: httpx.Client, yard: Place
) -> None:
    ids = [made(http, "all") for _ in range(5)]
    yard.succeed(ids[0], b"1")
    soon(lambda: listed(http, service="all", phase="Succeeded") == ids[:1])

    first = cancelled(http, service="all")
    second = cancelled(http, service="all")
    third = cancelled(http, service="all")

    assert (first["ids"], first["cancelled"], first["more"]) == (ids[:1:-1], 3, True)
    assert (second["ids"], second["more"]) == ([ids[1]], False)
    assert (third["ids"], third["cancelled"]) == ([], 0)
    asked = [bool(yard.run(task_id)["spec"].get("cancel")) for task_id in ids]
    assert asked == [False, True, True, True, True]


def test_what_a_filter_leaves_out_goes_on(http: httpx.Client, yard: Place) -> None:
    running, queued = made(http, "some"), made(http, "some")
    yard.write_status(running, phase="Running", attempt=1)
    soon(lambda: listed(http, service="some", phase="Running") == [running])

    assert cancelled(http, service="some", phase="Queued,Starting")["ids"] == [queued]
    assert not yard.run(running)["spec"].get("cancel")


@table(
    {
        "nothing": ({}, None),
        "an unknown phase": ({"phase": "queued"}, "phase"),
        "a misspelt filter": ({"service": "studio", "lable": "a=b"}, "lable"),
        "a page": ({"service": "studio", "limit": "1"}, "limit"),
    }
)
def test_a_cancel_is_refused_that_says(
    case: tuple[dict[str, str], str | None], http: httpx.Client
) -> None:
    query, blamed = case

    answer = http.post(CANCEL, params=query)

    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert [fault["loc"][0] for fault in error["detail"]] == ([blamed] if blamed else [])
    assert blamed or "at least one of service, task, phase" in error["message"]
