"""What becomes of an input that fits: where it is kept, and that it is kept exactly."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from taskyard.api.names import MAX_INLINE_BYTES

from .conftest import submitted
from .place import Place


def test_a_small_input_is_kept_in_the_task_run(http: httpx.Client, place: Place) -> None:
    answer = http.post("/paint/submit", json={"prompt": "a hill", "seed": None, "steps": 7})

    assert answer.status_code == 200
    assert answer.json() == {"task_id": answer.json()["task_id"], "status": "pending"}
    run = place.run(submitted(answer))
    assert run["spec"] == {
        "service": "studio",
        "task": "paint",
        "input": {"inline": {"prompt": "a hill", "seed": None, "steps": 7}},
    }
    assert run["metadata"]["labels"] == {
        "taskyard.dev/service": "studio",
        "taskyard.dev/task": "paint",
    }


def test_ids_are_hexadecimal_and_sort_by_time(http: httpx.Client) -> None:
    ids = []
    for number in range(5):
        ids.append(submitted(http.post("/echo/submit", json={"value": number})))
        # Ids of the same millisecond are in no order: the next one is for a later one.
        http.get("/livez")

    assert all(re.fullmatch("[0-9a-f]{32}", task_id) for task_id in ids)
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("path", "task"),
    [
        ("/v1/story/tell", "tell"),
        ("/services/studio/v1/story/tell", "tell"),
        ("/services/studio/paint", "paint"),
    ],
)
def test_a_task_is_reached_at_its_route(
    http: httpx.Client, place: Place, path: str, task: str
) -> None:
    arguments = {"tell": {"to": "x", "about": "y"}, "paint": {"prompt": "x"}}[task]
    task_id = submitted(http.post(f"{path}/submit", json=arguments))
    assert place.run(task_id)["spec"]["task"] == task


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": "text/csv"},
        {"content-type": "Application/JSON"},
    ],
    ids=["no type", "a charset", "a type that is not JSON's", "capitals"],
)
def test_json_is_taken_whatever_name_it_goes_by(
    http: httpx.Client, place: Place, headers: dict[str, str]
) -> None:
    task_id = submitted(http.post("/echo/submit", content=b'{"value": [1]}', headers=headers))
    assert place.run(task_id)["spec"]["input"] == {"inline": {"value": [1]}}


def test_no_body_is_no_arguments(http: httpx.Client, place: Place) -> None:
    answer = http.post("/echo/submit")
    assert answer.status_code == 400
    assert answer.json()["detail"] == [
        {"loc": ["value"], "msg": "field required; give a JSON value"}
    ]


@pytest.mark.parametrize(
    "value",
    [
        "ünïcode, 字, 😀",
        "\x00\x01 control",
        -(2**63),
        2**63 - 1,
        0.1,
        1e-7,
        5e-324,
        1.7976931348623157e308 / 3,
        True,
        None,
        "",
        [],
        {},
        {"": {"null": None, "deep": [[[[[1]]]]]}},
        [None, {"a": None}],
    ],
    ids=repr,
)
def test_a_value_comes_out_of_the_api_server_as_it_went_in(
    http: httpx.Client, place: Place, value: Any
) -> None:
    task_id = submitted(http.post("/echo/submit", json={"value": value}))

    kept = _kept(place, task_id)
    assert kept == {"value": value}
    assert json.dumps(kept, sort_keys=True) == json.dumps({"value": value}, sort_keys=True)


@pytest.mark.parametrize(
    "text",
    [
        b'{"value": 1.0}',
        b'{"value": -0.0}',
        b'{"value": 1e21}',
        b'{"value": 1180591620717411303424}',
        b'{"value": -9223372036854775809}',
        b'{"value": {"a": [1, 2, 3.0]}}',
        b'{"value": 1.7976931348623157e308}',
    ],
)
def test_numbers_that_the_api_server_would_change_are_kept_in_the_store(
    http: httpx.Client, place: Place, text: bytes
) -> None:
    task_id = submitted(http.post("/echo/submit", content=text))

    source = place.run(task_id)["spec"]["input"]
    assert "inline" not in source
    assert place.stored(source["object"]["key"]) == text


def test_a_large_input_is_kept_in_the_store_as_it_came(http: httpx.Client, place: Place) -> None:
    body = json.dumps({"value": "x" * 100_000}, indent=3).encode()

    task_id = submitted(http.post("/echo/submit", content=body))

    assert place.run(task_id)["spec"]["input"] == {"object": place.described(task_id, body)}
    assert place.stored(f"{place.namespace}/{task_id}/input") == body


def test_the_largest_inline_input_is_inline_and_one_byte_more_is_not(
    http: httpx.Client, place: Place
) -> None:
    def sent(size: int) -> set[str]:
        compact = json.dumps({"value": "x" * (size - len('{"value":""}'))}, separators=(",", ":"))
        assert len(compact) == size
        body = compact.replace(":", " : ", 1).encode()
        return set(place.run(submitted(http.post("/echo/submit", content=body)))["spec"]["input"])

    assert sent(MAX_INLINE_BYTES) == {"inline"}
    assert sent(MAX_INLINE_BYTES + 1) == {"object"}


def _kept(place: Place, task_id: str) -> Any:
    """The arguments, wherever they are."""
    source = place.run(task_id)["spec"]["input"]
    return (
        source["inline"]
        if "inline" in source
        else json.loads(place.stored(source["object"]["key"]))
    )
