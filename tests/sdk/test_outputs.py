"""What a task may give away before its end, and what is said of it in a service's schema."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Generator,
    Iterable,
    Iterator,
)
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
from PIL.Image import Image
from pydantic import BaseModel

import taskyard
from taskyard._current_task import CurrentTask
from taskyard._service import TaskDefinition, definition_of
from taskyard._values.wire import Encoded

JSON, TEXT, BINARY = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


class Size(BaseModel):
    width: int


@dataclass
class Point:
    x: int


def given(value: Any) -> Encoded:
    """What a runner is handed for a value."""
    outputs: list[Encoded] = []
    CurrentTask("0123abcd", 1, lambda fraction, message: None, outputs.append).emit(value)
    (output,) = outputs
    return output


@pytest.mark.parametrize(
    ("value", "content_type", "content"),
    [
        (None, JSON, b"null"),
        (0.5, JSON, b"0.5"),
        ({"loss": np.float32(0.5), "at": [1, 2]}, JSON, b'{"loss":0.5,"at":[1,2]}'),
        (Size(width=2), JSON, b'{"width":2}'),
        (Point(3), JSON, b'{"x":3}'),
        (datetime(2026, 11, 25, tzinfo=UTC), JSON, b'"2026-11-25T00:00:00Z"'),
        (np.array([[1, 2]]), JSON, b"[[1,2]]"),
        (pd.DataFrame({"a": [1, 2]}), JSON, b'[{"a":1},{"a":2}]'),
        ([float("nan")], JSON, b"[null]"),
        ("Grüße", TEXT, "Grüße".encode()),
        (b"\xff", BINARY, b"\xff"),
        (bytearray(b"\xff"), BINARY, b"\xff"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_of_each_kind_can_be_given_away(
    value: Any, content_type: str, content: bytes
) -> None:
    output = given(value)

    assert (output.content_type, output.content) == (content_type, content)


def test_a_picture_can_be_given_away() -> None:
    assert given(PIL.Image.new("RGB", (2, 2))).content_type == "image/png"


def test_a_file_can_be_given_away_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "draft.csv"
    path.write_text("a,b")

    output = given(path)

    assert (output.content, output.content_type, output.file_name) == (
        path,
        "text/csv",
        "draft.csv",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "the task gave away a value that cannot be written as JSON: .* object"),
        ([len], "a value that cannot be written as JSON: .* builtin_function"),
        (np.array([np.inf]), "infinity has no word in JSON"),
        (Path("/nowhere/to/be/found"), "the task gave away the path .*, and no file is there"),
        ("\ud800", "the task gave away text that is not Unicode"),
    ],
    ids=["an object", "a function", "infinity", "a path", "half a character"],
)
def test_what_cannot_travel_is_refused_outside_a_task_too(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        taskyard.current_task().emit(value)


def test_what_is_nested_deeper_than_readers_follow_is_refused() -> None:
    value: list[Any] = []
    for _ in range(210):
        value = [value]

    with pytest.raises(TypeError, match="the task gave away what nobody can read: recursion limit"):
        given(value)


NULL, STRING = {"type": "null"}, {"type": "string"}
PICTURE = {"type": "file", "format": "image", "pil": True}


@pytest.mark.parametrize(
    ("annotation", "output", "result"),
    [
        (Iterator[str], STRING, NULL),
        (Iterable[str], STRING, NULL),
        (Generator[str, None, None], STRING, NULL),
        (Generator[Image, None, str], PICTURE, STRING),
        (Iterator[Image], PICTURE, NULL),
        (Annotated[Iterator[str], "as it comes"], STRING, NULL),
        (Iterator[Any], {}, NULL),
        (Iterator, {}, NULL),
        (Any, {}, {}),
    ],
    ids=str,
)  # fmt: skip
def test_a_generator_has_a_result_and_outputs(annotation: Any, output: Any, result: Any) -> None:
    def paint(self: object) -> annotation:
        yield

    assert _task(paint).output_schema() == result | {"x-outputs": output}


@pytest.mark.parametrize(
    ("annotation", "output"),
    [
        (AsyncIterator[str], STRING),
        (AsyncIterable[str], STRING),
        (AsyncGenerator[Image, None], PICTURE),
        (Any, {}),
    ],
    ids=str,
)
def test_an_async_generator_has_outputs_and_nothing_as_its_result(
    annotation: Any, output: Any
) -> None:
    async def paint(self: object) -> annotation:
        yield

    assert _task(paint).output_schema() == NULL | {"x-outputs": output}


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (str, r"it yields, and its .* says <class 'str'>: .* with Iterator\[…\] or Generator\[…\]"),
        (AsyncIterator[str], r"it yields, .*: annotate it with Iterator\[…\] or Generator\[…\]"),
        (Iterator[list[Path]], "returns exactly one file"),
        (Iterator[range], "range, which cannot travel"),
    ],
    ids=str,
)
def test_an_annotation_that_does_not_fit_a_generator_is_refused(
    annotation: Any, message: str
) -> None:
    def paint(self: object) -> annotation:
        yield

    with pytest.raises(TypeError, match=f"task 'paint' of Painter: .*{message}"):
        _task(paint)


def test_a_value_that_is_yielded_must_fit_the_annotation() -> None:
    def count(self: object) -> Iterator[int]:
        yield 1

    task = _task(count)

    assert task.signature.encode_output(1).content == b"1"
    with pytest.raises(TypeError, match="the task gave away a value that does not fit its return"):
        task.signature.encode_output("one")


def test_a_service_that_yields_is_tried_as_plain_python() -> None:
    @taskyard.service
    class Counter:
        @taskyard.task
        def count(self, to: int) -> Generator[int, None, str]:
            yield from range(to)
            return "done"

    assert list(Counter().count(3)) == [0, 1, 2]


def _task(function: Any) -> TaskDefinition:
    painter = taskyard.service(type("Painter", (), {"paint": taskyard.task(function)}))
    return definition_of(painter).tasks["paint"]
