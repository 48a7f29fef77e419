"""Answers to values, and everything else that is read from the wire."""

import io
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

import taskyard
from taskyard import ResultStatus
from taskyard._client._decoding import decode, file_name
from taskyard._client._outcomes import Reply
from taskyard._client._schema import read_schema
from taskyard._client._status import Progress, read_status

from .peer import IMAGE, TEXT

JSON = "application/json"


@pytest.mark.parametrize(
    ("output", "content_type", "body", "value"),
    [
        (TEXT, "text/plain; charset=utf-8", "grün".encode(), "grün"),
        (TEXT, "text/plain", b'"quoted"', '"quoted"'),
        ({"type": "string", "format": "date"}, JSON, b'"2026-01-02"', "2026-01-02"),
        ({"type": "string", "format": "binary"}, "application/octet-stream", b"\xff", b"\xff"),
        ({"type": "integer"}, JSON, b"3", 3),
        ({"type": "object"}, JSON, b'{"a": [1.5]}', {"a": [1.5]}),
        ({"anyOf": [TEXT, {"type": "null"}]}, JSON, b'"maybe"', "maybe"),
        ({"type": "null"}, JSON, b"null", None),
        ({}, JSON, b"", None),
    ],
)
def test_results_have_the_type_that_the_schema_announces(
    output: Any, content_type: str, body: bytes, value: Any
) -> None:
    assert decode(output, Reply(200, {"content-type": content_type}, body)) == value


@pytest.mark.parametrize("content_type", ["image/webp", "image/png; q=1", ""])
def test_a_picture_is_recognised_by_its_bytes(content_type: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (7, 8)).save(buffer, "WEBP")

    picture = decode(IMAGE, Reply(200, {"content-type": content_type}, buffer.getvalue()))

    assert (picture.format, picture.size) == ("WEBP", (7, 8))


@pytest.mark.parametrize("output", [IMAGE, {"type": "integer"}])
def test_an_answer_that_is_not_what_was_announced_is_an_error_of_ours(output: Any) -> None:
    with pytest.raises(taskyard.TaskyardError, match="the result should be"):
        decode(output, Reply(200, {}, b"<html>"))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="report.pdf"', "report.pdf"),
        ("attachment; filename=report.pdf", "report.pdf"),
        ("attachment; filename*=UTF-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
        ("attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"),
        ("attachment; filename*=UTF-8''na%C3%AFve.txt; filename=\"na_ve.txt\"", "naïve.txt"),
        ("attachment; filename*=UTF-8''..%2Fx", "x"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\evil\\\\x.exe"', "x.exe"),
        ('attachment; filename="a\x00b:c?.txt"', "ab_c_.txt"),
        ('attachment; filename=".."', "result"),
        ('attachment; filename="/"', "result"),
        ("attachment", "result"),
        ("", "result"),
    ],
)
def test_file_names_are_made_safe(header: str, name: str) -> None:
    assert file_name(header) == name


def test_a_long_file_name_keeps_its_suffix() -> None:
    name = file_name(f'attachment; filename="{"x" * 300}.tar"')

    assert name.endswith("x.tar")
    assert len(name) <= 150


def test_a_status_holds_all_that_the_server_tells() -> None:
    status = read_status(
        {
            "task_id": "r",
            "status": "in_progress",
            "created_at": "2026-11-24T05:17:41",
            "executed_at": None,
            "phase": "Running",
            "reason": None,
            "message": None,
            "attempt": 2,
            "progress": {"fraction": 0.25, "message": None},
            "finished_at": None,
        }
    )

    assert status == ResultStatus.IN_PROGRESS
    assert not status.finished
    assert (status.phase, status.reason, status.attempt) == ("Running", "", 2)
    assert status.progress == Progress(0.25, "")
    assert status.created_at == datetime(2026, 11, 24, 5, 17, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "wanted", "finished"),
    [
        ("pending", ResultStatus.PENDING, False),
        ("in_progress", ResultStatus.IN_PROGRESS, False),
        ("success", ResultStatus.SUCCESS, True),
        ("completed", ResultStatus.SUCCESS, True),
        ("failure", ResultStatus.FAILURE, True),
        ("failed", ResultStatus.FAILURE, True),
        ("cancelled", ResultStatus.CANCELLED, True),
        ("canceled", ResultStatus.CANCELLED, True),
    ],
)
def test_a_status_equals_its_word(word: str, wanted: ResultStatus, finished: bool) -> None:
    status = read_status({"status": word})

    assert status == wanted
    assert wanted == status
    assert status == wanted.value == status.value
    assert status in {wanted}
    assert status.finished is finished
    assert status != read_status({"status": word, "attempt": 3})


def test_a_status_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="lost"):
        read_status({"status": "lost"})


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"routes": [{"is_task": true}]}'])
def test_what_is_no_schema_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"schema document|Expecting value"):
        read_schema(body)


WRONG: list[Mapping[str, Any]] = [{"loc": ["a", 0, "b"], "msg": "no"}]


@pytest.mark.parametrize(
    "error",
    [
        taskyard.InvalidArgument(400, "InvalidInput", "wrong", WRONG),
        taskyard.APIConnectionError("cut", sent=False),
        taskyard.APITimeoutError("late"),
        taskyard.WaitTimeout("late", read_status({"status": "pending"})),
    ],
)
def test_errors_survive_the_way_between_processes(error: taskyard.TaskyardError) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_fields_and_remedies_are_part_of_the_sentence() -> None:
    detail: list[dict[str, Any]] = [
        {"loc": ["sizes", 0, "width"], "msg": "must be positive", "remedy": "use 1 or more"},
        {"loc": ["prompt"], "msg": "Field required"},
    ]

    error = taskyard.InvalidArgument(400, "InvalidInput", "the input does not fit.", detail)

    assert str(error) == (
        "InvalidInput: the input does not fit: "
        "sizes[0].width: must be positive (use 1 or more); prompt: Field required"
    )


def test_what_the_message_says_is_not_said_twice() -> None:
    detail = [{"loc": ["images", 1], "msg": "must be a file"}]

    error = taskyard.InvalidArgument(400, "InvalidInput", "images.1: must be a file", detail)

    assert str(error) == "InvalidInput: images.1: must be a file"
