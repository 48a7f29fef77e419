# ruff: noqa: E501 - tables, in which a case is a line
"""The values: what a program gives to our clients, what others send for it, and what comes back."""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import PIL.Image
from PIL.Image import Image

from tests.gateway.bodies import Part

from .services.plain import Level, Size, Sketch, Style

JSON, TEXT, BINARY = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


@dataclass(frozen=True)
class File:
    """A file to be written for a client, or that one has become."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Case:
    """One value.

    Attributes:
        what: it is.
        task: that takes it and gives it back.
        given: to our clients, by argument; a `File` as its path.
        sent: by a program that has only HTTP: JSON, or the parts of a form.
        got: from our clients, of the same type.
        content_type: of the result on the wire.
        body: of the result on the wire; None for a picture, which is told by its pixels.
    """

    what: str
    task: str
    given: dict[str, Any]
    sent: Any
    got: Any
    content_type: str
    body: bytes | None

    @property
    def is_form(self) -> bool:
        """Whether it is sent as a form."""
        return isinstance(self.sent, list)


def plain(what: str, task: str, value: Any, wire: Any = None) -> Case:
    """A value that travels as JSON both ways; `wire` is its JSON where that is another value."""
    wire = value if wire is None else wire
    body = json.dumps(wire, separators=(",", ":"), ensure_ascii=False).encode()
    return Case(what, task, {"value": value}, {"value": wire}, wire, JSON, body)


def words(what: str, value: str) -> Case:
    """Text, which as a result is no JSON."""
    return Case(what, "text", {"value": value}, {"value": value}, value, TEXT, value.encode())


def octets(what: str, value: bytes, sent: Any) -> Case:
    """Bytes."""
    return Case(what, "raw", {"value": value}, sent, value, BINARY, value)


def file(
    what: str,
    task: str,
    name: str,
    content: bytes,
    content_type: str,
    got: str,
    sent_as: str = BINARY,
) -> Case:
    """A file that comes back as one, under the name `got`."""
    kept, part = File(name, content), Part("value", content, name, sent_as)
    return Case(what, task, {"value": kept}, [part], File(got, content), content_type, content)


def picture(what: str, kind: str, mode: str, came: str = "", **options: Any) -> Case:
    """A picture in a file of some format, which comes back in that format."""
    image = _painted(mode)
    content = _saved(image, kind, **options)
    opened = PIL.Image.open(io.BytesIO(content))
    part = Part("value", content, f"x.{kind.lower()}", f"image/{kind.lower()}")
    return Case(
        what, "picture", {"value": opened}, [part], opened, f"image/{(came or kind).lower()}", None
    )


def in_memory(what: str, mode: str) -> Case:
    """A picture that was never in a file."""
    image = _painted(mode)
    part = Part("value", _saved(image, "PNG"), "x.png", "image/png")
    given = {"value": image, "degrees": 180}
    sent = [part, Part("degrees", b"180")]
    return Case(what, "turned", given, sent, image.rotate(180, expand=True), "image/png", None)


def array(what: str, task: str, value: np.ndarray[Any, Any], wire: Any) -> Case:
    """An array, as nested lists."""
    body = json.dumps(wire, separators=(",", ":")).encode()
    return Case(what, task, {"value": value}, {"value": wire}, value, JSON, body)


def table(
    what: str, task: str, value: pd.DataFrame, wire: Any, got: pd.DataFrame | None = None
) -> Case:
    """A table."""
    body = json.dumps(wire, separators=(",", ":")).encode()
    back = value if got is None else got
    return Case(what, task, {"value": value}, {"value": wire}, back, JSON, body)


def _painted(mode: str) -> Image:
    """No two pixels of a row alike, so that one that moved is seen."""
    channels = len(PIL.Image.new(mode, (1, 1)).getbands())
    image = PIL.Image.merge if channels > 1 else None
    ramps = [
        PIL.Image.linear_gradient("L").resize((12, 8)).rotate(90 * n).resize((12, 8))
        for n in range(channels)
    ]
    return image(mode, ramps) if image else ramps[0].convert(mode)


def _saved(image: Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


NAME = UUID("6f9619ff-8b86-4011-b42d-00c04fc964ff")
NOON = datetime(2026, 11, 25, 12, 0, 1, 5, UTC)
SKETCH = Sketch(title="hill", sizes=[Size(width=2)], style=Style.INK, by=NAME)
SKETCHED = {"title": "hill", "sizes": [{"width": 2, "height": 8}], "style": "ink", "by": str(NAME)}
PNG = _saved(_painted("RGB"), "PNG")
EVERY_BYTE = bytes(range(256))
DEFAULTS = [3, "a word", "ink", {"width": 4, "height": 8}, 0.5, None]

SCALARS = [
    plain("an integer", "whole", -42),
    plain("an integer of more than 64 bits", "whole", 2**80),
    plain("a number", "number", 0.1),
    plain("a number beyond all counting", "number", 1.7e308),
    plain("a truth", "truth", False),
    Case("nothing", "nothing", {"value": None}, {"value": None}, None, JSON, b"null"),
    words("text", "Grüße, 世界 🌍\n\t\"'\\"),
    words("no text", ""),
    words("text that could be a number", "42"),
    words("text that could be JSON", '{"a": null}'),
    plain("a choice", "choice", "ink"),
    plain("a choice that is a number", "choice", 3),
    plain("a member of an enumeration", "style", Style.INK, "ink"),
    plain("a member of an enumeration of numbers", "level", Level.HIGH, 2),
    plain("an optional value", "maybe", 7),
    Case("an optional value that is absent", "maybe", {"value": None}, {"value": None}, None, JSON, b"null"),
    plain("the first of a union", "either", 5),
    plain("the second of a union", "either", ["a", "b"]),
    plain("a model of a union", "either", Size(width=1), {"width": 1, "height": 8}),
    plain("a moment", "moment", NOON, "2026-11-25T12:00:01.000005Z"),
    plain("a day", "day", date(2026, 2, 28), "2026-02-28"),
    plain("a span of time", "span", timedelta(days=1, seconds=1), "P1DT1S"),
    plain("a UUID", "name", NAME, str(NAME)),
    plain("a decimal", "money", Decimal("12.30"), "12.30"),
]  # fmt: skip

CONTAINERS = [
    plain("a list", "listed", [3, 1, 2]),
    plain("an empty list", "listed", []),
    plain("an object of lists", "mapped", {"ä": [1.5, 2.0], "": []}),
    plain("a tuple", "pair", (1, "a"), [1, "a"]),
    plain("a set", "once", {5}, [5]),
    plain("anything", "anything", {"a": [None, True, {"b": [[]]}], "c": 1.0}),
    plain("a model", "sketch", SKETCH, SKETCHED),
    plain("models within containers", "sketches", {"mine": [SKETCH]}, {"mine": [SKETCHED]}),
    Case("defaults", "defaults", {}, {}, DEFAULTS, JSON, json.dumps(DEFAULTS, separators=(",", ":")).encode()),
]  # fmt: skip

FILES = [
    octets("bytes", EVERY_BYTE, [Part("value", EVERY_BYTE, "x.bin", BINARY)]),
    Case("bytes from text", "raw", {"value": "Grüße"}, {"value": "Grüße"}, "Grüße".encode(), BINARY, "Grüße".encode()),
    octets("no bytes", b"", [Part("value", b"", "x.bin")]),
    file("a file", "file", "Maße ü.csv", "a;ü\n".encode(), "text/csv", "Maße ü.csv"),
    file("a file of no known type", "file", "x.qqq", EVERY_BYTE, BINARY, "x.qqq"),
    file("an empty file", "file", "empty.txt", b"", "text/plain", "empty.txt"),
    Case("a file that leads out of its folder", "file", {"value": File("passwd.txt", b"x")},
         [Part("value", b"x", "../../etc/passwd.txt")], File("passwd.txt", b"x"), "text/plain", b"x"),
    file("a file of a content type", "sound", "a.wav", b"RIFF", "audio/x-taskyard", "sound.of-no-known-type", "audio/x-wav"),
    Case("several files", "files", {"value": [File("a.txt", b"A"), File("a.txt", b"B")], "note": "n"},
         [Part("value", b"A", "a.txt"), Part("value", b"B", "a.txt"), Part("note", b"n")],
         ["n", "a.txt: A", "a.txt: B"], JSON, b'["n","a.txt: A","a.txt: B"]'),
    Case("no files", "files", {"value": []}, {"value": []}, [""], JSON, b'[""]'),
]  # fmt: skip

PICTURES = [
    picture("a picture", "PNG", "RGB"),
    picture("a picture that one sees through", "PNG", "RGBA"),
    picture("a picture in grey", "PNG", "L"),
    picture("a picture in grey and transparent", "PNG", "LA"),
    picture("a picture in black and white", "PNG", "1"),
    picture("a picture of 16 bits", "PNG", "I;16"),
    picture("a picture of a palette", "GIF", "P"),
    picture("a photograph", "JPEG", "RGB", quality=98, subsampling=0),
    picture("a photograph for print", "JPEG", "CMYK"),
    picture("a picture of the web", "WEBP", "RGB", lossless=True),
    picture("a picture of many bits", "TIFF", "F"),
    picture("a bitmap", "BMP", "RGB"),
    in_memory("a picture in memory", "RGB"),
    in_memory("a picture in memory and transparent", "RGBA"),
    Case("several pictures", "pictures", {"value": [_painted("RGB"), File("x.png", PNG)]},
         [Part("value", PNG, "1.png", "image/png"), Part("value", PNG, "2.png", "image/png")],
         ["RGB 12x8", "RGB 12x8"], JSON, b'["RGB 12x8","RGB 12x8"]'),
]  # fmt: skip

ROWS = [{"b": 1, "a": "x"}, {"b": 2, "a": None}]

TABLES = [
    array("an array", "array", np.arange(6).reshape(2, 3), [[0, 1, 2], [3, 4, 5]]),
    array("an array of one number", "array", np.array(7), 7),
    array("an array of single precision", "single", np.array([0.5, 1.5], np.float32), [0.5, 1.5]),
    array("an array with a gap", "single", np.array([1.0, math.nan], np.float32), [1.0, None]),
    array("an array of bytes", "small", np.array([[0, 255]], np.uint8), [[0, 255]]),
    array("an array of truths", "flags", np.array([True, False]), [True, False]),
    array("an array of a shape", "shaped", np.full((2, 1, 3), 0.5), [[[0.5] * 3]] * 2),
    table("a table", "frame", pd.DataFrame(ROWS), ROWS),
    table("an empty table", "frame", pd.DataFrame(), []),
    table("a table whose rows have names", "frame", pd.DataFrame({"a": [1]}, index=["x"]), [{"a": 1}], pd.DataFrame({"a": [1]})),
    table("a table of columns", "columns", pd.DataFrame({"a": ["x", None], "b": [1, 2]}), {"b": [1, 2], "a": ["x", None]}, pd.DataFrame(ROWS)),
    table("a table of columns without rows", "columns", pd.DataFrame({"b": [], "a": []}), {"b": [], "a": []}),
]  # fmt: skip

CASES = [*SCALARS, *CONTAINERS, *FILES, *PICTURES, *TABLES]


_FURTHEST = 4
"""Between a pixel of a photograph, which was taken apart and put together again with its own quality, and before."""


def as_given(value: Any, folder: Path) -> Any:
    """An argument as a program has it."""
    if isinstance(value, File):
        path = folder / str(len(list(folder.iterdir()))) / value.name
        path.parent.mkdir()
        path.write_bytes(value.content)
        return path
    if isinstance(value, list):
        return [as_given(item, folder) for item in value]
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two results are alike, in their type too."""
    if isinstance(other, File):
        return isinstance(one, Path) and (one.name, one.read_bytes()) == (other.name, other.content)
    if isinstance(other, PIL.Image.Image):
        return isinstance(one, PIL.Image.Image) and _alike(one, other)
    if isinstance(other, np.ndarray):
        alike = np.array_equal(one, other, equal_nan=other.dtype.kind == "f")
        return isinstance(one, np.ndarray) and one.dtype == other.dtype and alike
    if isinstance(other, pd.DataFrame):
        return isinstance(one, pd.DataFrame) and _rows(one) == _rows(other)
    return type(one) is type(other) and bool(one == other)


def _alike(one: Image, other: Image) -> bool:
    """The same pixels; of a photograph, which was written anew, hardly any different ones."""
    if (one.mode, one.size) != (other.mode, other.size):
        return False
    if other.format != "JPEG":
        return one.tobytes() == other.tobytes()
    furthest = max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True))
    return furthest <= _FURTHEST


def _rows(frame: pd.DataFrame) -> list[Any]:
    return [
        list(frame.columns),
        frame.astype(object).where(frame.notna(), None).to_numpy().tolist(),
    ]
