"""Every kind of value goes in and comes out."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from .multipart_body import multipart_body
from .runner import Attempt


@pytest.mark.parametrize(
    ("task", "arguments", "want", "content_type"),
    [
        pytest.param(
            "greet", {"name": "Ada"}, "Grüße, Ada! ".encode(), "text/plain; charset=utf-8",
            id="text is text, and defaults are Python's",
        ),
        pytest.param(
            "greet_later", {"name": "Ada"}, b"Later, Ada!", "text/plain; charset=utf-8",
            id="an async task is awaited",
        ),
        pytest.param("add", {"a": 1.5}, b"11.5", "application/json", id="a number"),
        pytest.param("add", {"a": 1, "b": 2}, b"3.0", "application/json", id="an optional one"),
        pytest.param(
            "grow", {"sketch": {"title": "x", "sizes": [{"width": 2}]}, "by": 3},
            b'{"title":"x","sizes":[{"width":6,"height":24}]}', "application/json",
            id="nested models",
        ),
        pytest.param(
            "reverse", {"data": "öl"}, "öl".encode()[::-1], "application/octet-stream",
            id="bytes from a JSON string",
        ),
        pytest.param("nothing", {}, b"null", "application/json", id="nothing"),
    ],
)  # fmt: skip
def test_json_arguments(
    attempt: Attempt, task: str, arguments: dict[str, Any], want: bytes, content_type: str
) -> None:
    finished = attempt.call("kinds:Kinds", task, **arguments)

    assert finished.result == want
    assert finished.report.result is not None
    assert finished.report.result.content_type == content_type
    assert finished.report.result.size == len(want)
    assert finished.exit_code == 0


def test_an_empty_body_stands_for_no_arguments(attempt: Attempt) -> None:
    finished = attempt.run(attempt.ticket("kinds:Kinds", "nothing", attempt.stored(b"")))

    assert finished.result == b"null"


@pytest.mark.parametrize(
    ("task", "parts", "want"),
    [
        pytest.param("reverse", [("data", "x.bin", b"\x00\xff")], b"\xff\x00", id="bytes"),
        pytest.param("reverse", [("data", None, b'"ab"')], b"ba", id="bytes from a part of JSON"),
        pytest.param(
            "describe", [("document", "naïve plan.txt", b"text")], "naïve plan.txt: text".encode(),
            id="a path keeps its file name",
        ),
        pytest.param(
            "describe", [("document", "../../etc/passwd", b"text")], b"passwd: text",
            id="a file name cannot lead out of the work directory",
        ),
        pytest.param(
            "join", [("documents", "a", b"1"), ("documents", "a", b"2")], b"a=1 a=2",
            id="a list of paths, with equal names",
        ),
        pytest.param("join", [("documents", None, b"[]")], b"", id="an empty list of paths"),
        pytest.param(
            "greet", [("name", None, b"42"), ("times", None, b"2")],
            "Grüße, 42! Grüße, 42! ".encode(), id="text parts are JSON, or text as typed",
        ),
        pytest.param(
            "greet", [("name", None, b'"Ada"')], "Grüße, Ada! ".encode(), id="quoted text is JSON"
        ),
        pytest.param(
            "add", [("a", None, b"1"), ("b", None, b"null")], b"11.0", id="null for an optional"
        ),
    ],
)  # fmt: skip
def test_multipart_arguments(
    attempt: Attempt, task: str, parts: list[tuple[str, str | None, bytes]], want: bytes
) -> None:
    source = attempt.stored(*multipart_body(parts))

    finished = attempt.run(attempt.ticket("kinds:Kinds", task, source))

    assert finished.result == want


def test_pictures_go_in_and_come_out_in_their_own_format(attempt: Attempt) -> None:
    source = attempt.stored(*multipart_body([("image", "a.gif", _picture("GIF", 5, 3))]))

    finished = attempt.run(attempt.ticket("kinds:Kinds", "mirror", source))

    assert finished.report.result is not None
    assert finished.report.result.content_type == "image/gif"
    assert Image.open(BytesIO(finished.result)).size == (5, 3)


def test_a_picture_that_was_made_is_stored_as_png(attempt: Attempt) -> None:
    finished = attempt.call("kinds:Kinds", "paint", width=64)

    assert finished.report.result is not None
    assert finished.report.result.content_type == "image/png"
    with Image.open(BytesIO(finished.result)) as picture:
        assert (picture.format, picture.size) == ("PNG", (64, 4))


def test_a_list_of_pictures_beside_a_text(attempt: Attempt) -> None:
    parts = [
        ("images", "a.png", _picture("PNG", 2, 2)),
        ("note", None, b"pixels "),
        ("images", "b.jpg", _picture("JPEG", 3, 3)),
    ]

    source = attempt.stored(*multipart_body(parts))
    finished = attempt.run(attempt.ticket("kinds:Kinds", "count_pixels", source))

    assert finished.result == b"pixels [4, 9]"


def test_a_returned_file_keeps_its_name_and_outlives_its_folder(attempt: Attempt) -> None:
    finished = attempt.call("kinds:Kinds", "export", text="a,b\n")

    assert finished.result == b"a,b\n"
    assert finished.report.result is not None
    assert finished.report.result.content_type == "text/csv"
    assert finished.report.result.file_name == "table.csv"


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("plain", id="of one word"),
        pytest.param("text/tëxt", id="of other letters"),
        pytest.param("text/plain\nx-header: yes", id="of two lines"),
        pytest.param(f"text/{'x' * 300}", id="too long"),
    ],
)
def test_a_result_of_a_type_that_is_none_is_stored_as_bytes(
    attempt: Attempt, content_type: str
) -> None:
    finished = attempt.call("kinds:Kinds", "export_as", content_type=content_type)

    assert finished.result == b"what it may be"
    assert finished.report.result is not None
    assert finished.report.result.content_type == "application/octet-stream"


@pytest.mark.parametrize(
    ("task", "arguments", "want"),
    [
        ("scale", {"matrix": [[1, 2], [3, 4]]}, b"[[2.0,4.0],[6.0,8.0]]"),
        ("total", {"frame": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}, b'[{"a":4,"b":6}]'),
    ],
)
def test_arrays_and_tables_go_in_and_come_out(
    attempt: Attempt, task: str, arguments: dict[str, Any], want: bytes
) -> None:
    finished = attempt.call("tables:Tables", task, **arguments)

    assert finished.result == want


def _picture(form: str, width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, form)
    return buffer.getvalue()
