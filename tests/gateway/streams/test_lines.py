"""What is new in a stream, however it was cut, and whatever its pod has put there."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard._current_task import CurrentTask
from taskyard_operator.gateway.streams.lines import decoded, outputs_in, progress_since
from taskyard_operator.gateway.streams.tail import last_lines
from taskyard_runtime.outputs import OutputFile
from taskyard_runtime.progress import ProgressStream

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def output(index: int, **fields: Any) -> bytes:
    return line(index=index, at=NOON.isoformat(), contentType="application/json", **fields)


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode), st.integers(0, 60))
def test_text_is_the_same_wherever_it_was_cut(data: bytes, cut: int) -> None:
    first, used = decoded(data[:cut], closed=False)
    rest, all_used = decoded(data[used:], closed=True)

    assert first + rest == data.decode("utf-8", "replace")
    assert used + all_used == len(data)


def test_the_beginning_of_a_character_is_waited_for() -> None:
    assert decoded("aö".encode()[:2], closed=False) == ("a", 1)
    assert decoded("aö".encode()[:2], closed=True) == ("a�", 2)


@given(st.integers(1, 400), st.integers(0, 400))
def test_progress_is_told_once_also_where_its_stream_grows_thinner(said: int, heard: int) -> None:
    stream, place = ProgressStream(limit=2000), 0
    told: list[float | None] = []
    for number in range(said):
        stream.add(NOON + timedelta(seconds=number), number / said, "")
        if number in (heard, said - 1):
            new = progress_since(place, stream.body())
            told.extend(line.fraction for line in new)
            place = new[-1].place if new else place

    assert told == sorted({fraction for fraction in told if fraction is not None})
    assert told[-1] == (said - 1) / said


@pytest.mark.parametrize(
    "nonsense",
    [
        b"no JSON\n",
        b"[]\n",
        b"\xff\n",
        line(index=-1, at=NOON.isoformat(), value=1),
        line(index=1, at="yesterday", value=1),
        output(1),
        output(1, value=1, base64="AQ=="),
        b'{"index": 1, "at": "2026-11-25T12:00:00Z", "value": NaN}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_output_is_passed_over(nonsense: bytes) -> None:
    body = output(0, value="a") + nonsense + output(2, base64="AQ==", fileName="x.bin")

    first, second = outputs_in(body, 100, attempt=3)

    assert (json.loads(first.document)["value"], first.place) == (
        "a",
        100 + len(output(0, value="a")),
    )
    assert json.loads(second.document) == {
        "attempt": 3,
        "index": 2,
        "at": "2026-11-25T12:00:00Z",
        "contentType": "application/json",
        "base64": "AQ==",
        "fileName": "x.bin",
    }
    assert second.place == 100 + len(body)


def test_a_line_without_its_end_is_left_for_later() -> None:
    body = output(0, value=None) + output(1, value="b")

    assert [placed.place for placed in outputs_in(body[:-1], 0, 1)] == [len(output(0, value=None))]


@given(st.lists(JSON | st.binary(max_size=5) | st.text(st.characters(), max_size=5), max_size=5))
def test_whatever_a_task_can_give_away_is_read(values: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        file, sizes = Path(folder, "outputs"), [0]
        file.touch()
        outputs = OutputFile(file, 10_000, sizes.append)
        task = CurrentTask("0123abcd", 1, lambda fraction, message: None, outputs.add)
        given_away = 0
        for value in values:
            with suppress(TypeError):  # such as half a character
                task.emit(value)
                given_away += 1

        read = list(outputs_in(file.read_bytes(), 0, attempt=1))

    assert [json.loads(output.document)["index"] for output in read] == [*range(given_away)]
    assert [0, *(output.place for output in read)] == sizes


@given(st.text("ab\n", max_size=40), st.integers(0, 12))
def test_the_last_lines_are_those_of_the_whole_text(text: str, lines: int) -> None:
    wanted = "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""

    assert last_lines(text.encode(), lines, whole=True) == wanted.encode()
    for start in range(len(text) + 1):
        found = last_lines(text[start:].encode(), lines, whole=False)
        assert found in (None, wanted.encode())
