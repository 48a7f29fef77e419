"""What `get` answers: the stored result as it is, or why there is none."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

import httpx
import pytest

from taskyard.api.reasons import Reason

from .bodies import picture
from .place import Place


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"x": 1}', "application/json"),
        (b"null", "application/json"),
        ("grüße".encode(), "text/plain; charset=utf-8"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (bytes(range(256)) * 5000, "application/octet-stream"),
        (b"", "text/plain; charset=utf-8"),
    ],
    ids=["JSON", "null", "text", "PNG", "WebP", "bytes", "empty text"],
)
def test_a_result_is_answered_as_it_was_stored(
    http: httpx.Client, place: Place, task_id: str, body: bytes, content_type: str
) -> None:
    place.succeed(task_id, body, content_type)

    answer = _get(http, task_id)

    assert answer.status_code == 200
    assert answer.content == body
    assert answer.headers["content-type"] == content_type
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["etag"] == f'"{hashlib.sha256(body).hexdigest()}"'
    assert "content-disposition" not in answer.headers


def test_the_head_of_a_result_is_that_of_the_result(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, b"x" * 1_000_000, "video/mp4", fileName="a.mp4")

    head = http.head("/echo/get", params={"task_id": task_id})
    whole = _get(http, task_id)

    assert (head.status_code, head.content) == (200, b"")
    same = ("content-type", "content-length", "etag", "content-disposition")
    assert {name: head.headers[name] for name in same} == {
        name: whole.headers[name] for name in same
    }


@pytest.mark.parametrize("code", [200, 201, 207])
def test_the_status_code_is_the_one_that_the_task_has_set(
    http: httpx.Client, place: Place, task_id: str, code: int
) -> None:
    place.succeed(task_id, b'"partly"', statusCode=code)

    answer = _get(http, task_id)

    assert (answer.status_code, answer.json()) == (code, "partly")


@pytest.mark.parametrize("code", [200, 204])
def test_headers_that_the_task_has_set_come_with_the_answer(
    http: httpx.Client, place: Place, task_id: str, code: int
) -> None:
    headers = [("x-stamp", "first class"), ("set-cookie", "a=1"), ("set-cookie", "b=2; Path=/")]
    said = [{"name": name, "value": value} for name, value in headers]
    place.succeed(task_id, b"null", statusCode=code, headers=said)

    answer = _get(http, task_id)

    assert answer.headers["x-stamp"] == "first class"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2; Path=/"]


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_code_without_a_body_is_answered_without_one(
    http: httpx.Client, place: Place, task_id: str, code: int
) -> None:
    place.succeed(task_id, b"null", statusCode=code)

    answer = _get(http, task_id)

    assert (answer.status_code, answer.content) == (code, b"")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("two words.txt", "two words.txt"),
        ('a "quoted" name.txt', "a _quoted_ name.txt"),
        ("Übersicht, 字.pdf", "_bersicht, _.pdf"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("back\\slash.txt", "back_slash.txt"),
        ("line\r\nX-Evil: 1.txt", "line__X-Evil: 1.txt"),
        ("semi;colon%20.txt", "semi;colon%20.txt"),
        ("😀", "_"),
    ],
)
def test_a_file_keeps_its_name_however_it_is_called(
    http: httpx.Client, place: Place, task_id: str, name: str, plain: str
) -> None:
    place.succeed(task_id, b"x", "application/pdf", fileName=name)

    answer = _get(http, task_id)

    disposition = answer.headers["content-disposition"]
    assert disposition.startswith(f'attachment; filename="{plain}"; ')
    assert unquote(re.findall(r"filename\*=UTF-8''(\S+)", disposition)[0]) == name
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("phase", ["Queued", "Starting", "Running"])
def test_a_run_that_has_not_ended_has_no_result_yet(
    http: httpx.Client, place: Place, task_id: str, phase: str
) -> None:
    place.write_status(task_id, phase=phase)

    answer = _get(http, task_id)

    assert answer.status_code == 400
    assert _told(answer) == {
        "error": f"task {task_id} is not completed yet",
        "reason": "NotReady",
        "task_id": task_id,
    }


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.CANCELLED])
def test_the_answer_for_a_failed_run_says_why_it_failed(
    http: httpx.Client, place: Place, task_id: str, reason: Reason
) -> None:
    place.fail(task_id, reason, "it said: ünïcode")

    answer = _get(http, task_id)

    assert answer.status_code == (400 if reason is Reason.INVALID_INPUT else 500)
    assert _told(answer) == {
        "error": "it said: ünïcode",
        "reason": reason,
        "task_id": task_id,
        "phase": "Failed",
    }


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("OutOfMemory", Reason.OUT_OF_MEMORY.description),
        ("InventedTomorrow", "The task failed."),
    ],
)
def test_a_failure_without_a_message_has_a_sentence_all_the_same(
    http: httpx.Client, place: Place, task_id: str, reason: str, told: str
) -> None:
    place.fail(task_id, reason)

    answer = _get(http, task_id)

    assert answer.status_code == 500
    assert _told(answer) == {
        "error": told, "reason": reason, "task_id": task_id, "phase": "Failed",
    }  # fmt: skip


def test_a_cancelled_run_has_no_result(http: httpx.Client, place: Place, task_id: str) -> None:
    place.write_status(task_id, phase="Cancelled", reason="Cancelled")

    answer = _get(http, task_id)

    assert answer.status_code == 409
    assert _told(answer) == {
        "error": f"task {task_id} was cancelled",
        "reason": "Cancelled",
        "task_id": task_id,
    }


def test_a_result_that_is_no_longer_kept_has_expired(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, b"1")
    place.remove(f"{place.namespace}/{task_id}/1/result")

    for answer in (_get(http, task_id), http.head("/echo/get", params={"task_id": task_id})):
        assert answer.status_code == 410
    assert _told(_get(http, task_id)) == {
        "error": f"task {task_id} has expired: what it left is no longer kept",
        "reason": "Expired",
        "task_id": task_id,
    }


def _get(http: httpx.Client, task_id: str) -> httpx.Response:
    return http.get("/echo/get", params={"task_id": task_id})


def _told(answer: httpx.Response) -> dict[str, str]:
    body = dict(answer.json())
    assert body.pop("requestId") == answer.headers["x-request-id"]
    return body
