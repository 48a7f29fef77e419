"""Arguments to bodies: what goes on the wire, and what is refused before."""

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy
import pytest
from multipart import MultipartParser, MultipartPart, parse_options_header
from PIL import Image
from pydantic import BaseModel

from taskyard._client._binding import bind
from taskyard._client._body import Body
from taskyard._client._encoding import encode
from taskyard._client._schema import TaskSchema, read_schema

from .peer import FILE, IMAGE, TEXT, route


def task(*required: str, **properties: Any) -> TaskSchema:
    document = {"routes": [route("paint", TEXT, required, **properties)]}
    return read_schema(json.dumps(document).encode()).task("paint")


def json_of(body: Body) -> Any:
    assert body.content_type == "application/json"
    return json.loads(b"".join(body))


def parts_of(body: Body) -> list[MultipartPart]:
    kind, options = parse_options_header(body.content_type)
    assert kind == "multipart/form-data"
    content = b"".join(body)
    assert body.size == len(content)
    in_memory = {"spool_limit": 10**7, "memory_limit": 10**8}
    source = io.BytesIO(content)
    return list(MultipartParser(source, options["boundary"], strict=True, **in_memory))


class Size(BaseModel):
    width: int
    height: int = 3


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("text", "text"),
        (1.5, 1.5),
        (None, None),
        ([1, {"a": [True]}], [1, {"a": [True]}]),
        (Size(width=2), {"width": 2, "height": 3}),
        ([Size(width=2)], [{"width": 2, "height": 3}]),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (numpy.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ({"x": numpy.float32(0.5)}, {"x": 0.5}),
        (b"utf-8 in JSON", "utf-8 in JSON"),
    ],
)
def test_values_without_files_are_json(value: Any, wire: Any) -> None:
    assert json_of(encode(task(x={}), {"x": value})) == {"x": wire}


def test_no_arguments_are_an_empty_object() -> None:
    assert json_of(encode(task(), {})) == {}


def test_the_name_of_an_argument_may_be_anything() -> None:
    assert json_of(encode(task(), {'a"b': 1, "ü": 2})) == {'a"b': 1, "ü": 2}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / 'my "report" é.txt'
    path.write_bytes(b"pages")
    return path


OPENINGS: dict[str, Callable[[Path], Any]] = {
    "a path": lambda path: path,
    "a path as text": str,
    "an open file": lambda path: path.open("rb"),
}


@pytest.mark.parametrize("given", OPENINGS.values(), ids=OPENINGS)
def test_files_keep_name_type_and_content(report: Path, given: Callable[[Path], Any]) -> None:
    value = given(report)

    (part,) = parts_of(encode(task(doc=FILE), {"doc": value}))

    assert part.filename is not None
    assert part.filename.replace("%22", '"') == report.name
    assert (part.name, part.content_type, part.raw) == ("doc", "text/plain", b"pages")
    if hasattr(value, "close"):
        value.close()


@pytest.mark.parametrize("value", [b"ab", bytearray(b"ab"), memoryview(b"ab"), io.BytesIO(b"ab")])
def test_bytes_are_a_file_named_after_their_argument(value: Any) -> None:
    (part,) = parts_of(encode(task(doc=FILE), {"doc": value}))

    assert (part.filename, part.content_type) == ("doc", "application/octet-stream")
    assert part.raw == b"ab"


def test_an_open_file_is_sent_from_where_it_stands_and_can_be_sent_again() -> None:
    file = io.BytesIO(b"head and tail")
    file.seek(9)

    body = encode(task(doc=FILE), {"doc": file})

    assert [part.raw for part in parts_of(body) + parts_of(body)] == [b"tail", b"tail"]


def test_a_pipe_is_sent_in_chunks_and_once() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as pipe, os.fdopen(write, "wb") as other_end:
        other_end.write(b"flow")
        other_end.close()
        body = encode(task(doc=FILE), {"doc": pipe})

        assert body.headers["Transfer-Encoding"] == "chunked"
        assert not body.repeatable
        assert b"\r\n\r\nflow\r\n--" in b"".join(body)
        with pytest.raises(OSError, match="a pipe cannot be read twice"):
            b"".join(body)


def test_a_list_of_files_is_the_part_repeated(report: Path) -> None:
    schema = task(docs={"type": "array", "items": FILE}, n={"type": "integer"})

    parts = parts_of(encode(schema, {"docs": [report, b"two"], "n": 1}))

    assert [(part.name, part.raw) for part in parts] == [
        ("n", b"1"),
        ("docs", b"pages"),
        ("docs", b"two"),
    ]
    assert parts[0].filename is None


def test_an_empty_list_of_files_is_json() -> None:
    assert json_of(encode(task(docs={"type": "array", "items": FILE}), {"docs": []})) == {
        "docs": []
    }


def test_text_beside_a_file_is_json_so_that_it_stays_what_it_is() -> None:
    parts = parts_of(encode(task(doc=FILE, note=TEXT), {"doc": b"", "note": "17"}))

    assert [(part.name, part.raw) for part in parts] == [("note", b'"17"'), ("doc", b"")]


def test_an_optional_file_may_be_none() -> None:
    schema = task(doc={"anyOf": [FILE, {"type": "null"}], "default": None})

    assert json_of(encode(schema, {"doc": None})) == {}
    assert parts_of(encode(schema, {"doc": b"ab"}))[0].raw == b"ab"


def test_bytes_parameters_take_bytes_as_a_file_and_text_as_text(report: Path) -> None:
    schema = task(data={"type": "string", "format": "binary"})

    assert parts_of(encode(schema, {"data": b"\xff\x00"}))[0].raw == b"\xff\x00"
    assert parts_of(encode(schema, {"data": report}))[0].raw == b"pages"
    assert json_of(encode(schema, {"data": "text"})) == {"data": "text"}


def opened_picture(kind: str) -> Image.Image:
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, kind)
    return Image.open(buffer)


@pytest.mark.parametrize(
    ("picture", "sent"),
    [
        pytest.param(Image.new("RGBA", (4, 5)), "PNG", id="made in memory"),
        pytest.param(Image.new("CMYK", (4, 5)), "TIFF", id="in a colour space PNG lacks"),
        pytest.param(opened_picture("PNG"), "PNG", id="opened from PNG"),
        pytest.param(opened_picture("WEBP"), "WEBP", id="opened from WEBP"),
        pytest.param(opened_picture("BMP"), "BMP", id="opened from BMP"),
        pytest.param(opened_picture("JPEG2000"), "PNG", id="opened from what is not kept"),
        pytest.param(opened_picture("BMP").resize((4, 4)), "PNG", id="changed after opening"),
    ],
)
def test_pictures_arrive_pixel_by_pixel(picture: Image.Image, sent: str) -> None:
    (part,) = parts_of(encode(task(image=IMAGE), {"image": picture}))
    arrived = Image.open(io.BytesIO(part.raw))

    assert arrived.format == sent
    assert part.content_type == f"image/{sent.lower()}"
    assert part.filename == f"image.{sent.lower()}"
    assert (arrived.mode, arrived.tobytes()) == (picture.mode, picture.tobytes())


def test_a_photograph_stays_a_jpeg() -> None:
    picture = opened_picture("JPEG")

    (part,) = parts_of(encode(task(image=IMAGE), {"image": picture}))

    assert part.content_type == "image/jpeg"
    difference = numpy.abs(
        numpy.asarray(Image.open(io.BytesIO(part.raw)), int) - numpy.asarray(picture, int)
    )
    assert difference.max() <= 2


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        (FILE, 3, "'x' takes a path, an open binary file, bytes or a PIL image, not int"),
        (FILE, io.StringIO("a"), "'x' is a file opened as text; open it with mode 'rb'"),
        (FILE, "/no/such/file", "there is no file /no/such/file"),
        (FILE, "/", "'x' takes a file, and / is a directory"),
        ({"type": "array", "items": FILE}, b"ab", "'x' takes a list of files, not bytes"),
        ({}, object(), "'x' cannot be sent as JSON"),
        ({}, b"\xff", "'x' cannot be sent as JSON"),
    ],
)
def test_what_cannot_be_sent_is_told_with_its_argument(
    schema: Any, value: Any, sentence: str
) -> None:
    with pytest.raises((TypeError, OSError), match=sentence):
        encode(task(x=schema), {"x": value})


def test_a_file_that_shrinks_while_it_is_sent_is_not_sent_as_if_whole(report: Path) -> None:
    body = encode(task(doc=FILE), {"doc": report})
    report.write_bytes(b"pa")

    with pytest.raises(OSError, match="3 bytes shorter"):
        b"".join(body)


TWO = task("prompt", prompt=TEXT, seed={"type": "integer", "default": 0})


@pytest.mark.parametrize(
    ("args", "kwargs", "bound"),
    [
        (("a",), {}, {"prompt": "a"}),
        (("a", 1), {}, {"prompt": "a", "seed": 1}),
        ((), {"seed": 1, "prompt": "a"}, {"prompt": "a", "seed": 1}),
        (("a",), {"seed": 1}, {"prompt": "a", "seed": 1}),
    ],
)
def test_arguments_find_their_names(
    args: tuple[Any, ...], kwargs: dict[str, Any], bound: dict[str, Any]
) -> None:
    assert bind(TWO, args, kwargs) == bound


@pytest.mark.parametrize(
    ("args", "kwargs", "sentence"),
    [
        ((), {}, "paint(): missing 'prompt'. Its signature is paint(prompt, seed=0)"),
        (("a", 1, 2), {}, "3 positional arguments for 2"),
        (("a",), {"prompt": "b"}, "given twice: 'prompt'"),
        (("a",), {"sed": 1, "x": 2}, "unknown 'sed', 'x'"),
        ((), {"sed": 1}, "missing 'prompt'; unknown 'sed'"),
    ],
)
def test_arguments_that_do_not_fit_are_all_named(
    args: tuple[Any, ...], kwargs: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TypeError) as caught:
        bind(TWO, args, kwargs)
    assert sentence in str(caught.value)
