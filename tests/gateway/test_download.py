"""Parts of a result, and results that the caller has already."""

from __future__ import annotations

import base64
import hashlib
import random

import httpx
import pytest

from .place import Place

MIB = 1024**2
BODY = random.Random(5).randbytes(9 * MIB + 17)
"""Of more than two of the pieces in which the store is read."""
NAMED = {"content_type": "video/mp4", "fileName": "a.mp4"}


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        (f"bytes={4 * MIB - 1}-{4 * MIB}", 4 * MIB - 1, 4 * MIB + 1),
        (f"bytes={MIB}-{9 * MIB}", MIB, 9 * MIB + 1),
        ("bytes=-5", len(BODY) - 5, len(BODY)),
        (f"bytes={len(BODY) - 1}-", len(BODY) - 1, len(BODY)),
        ("bytes=0-", 0, len(BODY)),
    ],
)
def test_a_part_is_answered_as_that(
    http: httpx.Client, place: Place, task_id: str, said: str, start: int, end: int
) -> None:
    place.succeed(task_id, BODY, **NAMED)

    part = _get(http, task_id, range=said)

    assert part.status_code == 206
    assert part.content == BODY[start:end]
    assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(BODY)}"
    assert part.headers["content-length"] == str(end - start)
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["etag"] == f'"{hashlib.sha256(BODY).hexdigest()}"'
    assert 'filename="a.mp4"' in part.headers["content-disposition"]
    assert "repr-digest" not in part.headers


def test_a_download_that_broke_off_is_finished_by_a_range(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, BODY)
    have = bytearray()
    with http.stream("GET", "/echo/get", params={"task_id": task_id}) as answer:
        for chunk in answer.iter_raw():
            have += chunk
            if len(have) > MIB:
                break

    e_tag = answer.headers["etag"]
    rest = _get(http, task_id, range=f"bytes={len(have)}-", if_range=e_tag)

    assert rest.status_code == 206
    assert bytes(have) + rest.content == BODY


def test_a_whole_result_says_that_parts_can_be_had_and_what_it_must_be(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, BODY)

    for answer in (_get(http, task_id), http.head("/echo/get", params={"task_id": task_id})):
        assert answer.status_code == 200
        assert answer.headers["accept-ranges"] == "bytes"
        digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
        assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize("size", [0, 10])
def test_a_range_beyond_the_end_is_refused(
    http: httpx.Client, place: Place, task_id: str, size: int
) -> None:
    place.succeed(task_id, bytes(size))

    answer = _get(http, task_id, range="bytes=10-20")

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.json()["reason"] == "RangeNotSatisfiable"
    assert answer.json()["task_id"] == task_id


def test_who_has_the_result_is_told_so_and_gets_no_body(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    said = [{"name": "cache-control", "value": "max-age=60"}]
    place.succeed(task_id, BODY, headers=said, **NAMED)
    e_tag = http.head("/echo/get", params={"task_id": task_id}).headers["etag"]

    answer = _get(http, task_id, if_none_match=f'"old", {e_tag}')

    assert (answer.status_code, answer.content) == (304, b"")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (e_tag, "max-age=60")
    assert _get(http, task_id, if_none_match='"old"').status_code == 200


@pytest.mark.parametrize("code", [201, 207, 404])
def test_a_status_code_of_the_tasks_own_is_never_another_for_a_range_or_a_tag(
    http: httpx.Client, place: Place, task_id: str, code: int
) -> None:
    place.succeed(task_id, b"partly", "text/plain; charset=utf-8", statusCode=code)

    for condition in ({"range": "bytes=0-1"}, {"range": "bytes=99-"}, {"if_none_match": "*"}):
        answer = _get(http, task_id, **condition)
        assert (answer.status_code, answer.text) == (code, "partly")
        assert "accept-ranges" not in answer.headers


@pytest.mark.parametrize("headers", [{"range": "bytes=0-1"}, {}])
def test_a_part_of_what_is_no_longer_kept_has_expired(
    http: httpx.Client, place: Place, task_id: str, headers: dict[str, str]
) -> None:
    place.succeed(task_id, b"12")
    place.remove(f"{place.namespace}/{task_id}/1/result")

    assert _get(http, task_id, **headers).status_code == 410


def test_a_cookie_of_a_task_is_for_the_gateways_host_alone(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    cookies = ["a=1; Domain=example.org; Path=/", "b=2; Secure; DOMAIN=.org"]
    said = [{"name": "set-cookie", "value": cookie} for cookie in cookies]
    place.succeed(task_id, b"1", headers=said)

    answer = _get(http, task_id)

    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Secure"]


def _get(http: httpx.Client, task_id: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.get("/echo/get", params={"task_id": task_id}, headers=named)
