"""A log is followed by the bytes that were written, whatever the runner has kept of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.gateway.streams.log_shape import END_BYTES, Gap, LogShape
from taskyard_runtime.log import BoundedFile

LIMIT = 600
"""200 bytes are kept of the beginning and as many of the end."""


def stored(written: bytes) -> bytes:
    """What the runner stores of a log."""
    with tempfile.TemporaryDirectory() as folder:
        file = BoundedFile(Path(folder) / "log", LIMIT)
        for start in range(0, len(written), 37):
            file.write(written[start : start + 37])
        return file.finish().read_bytes()


def told(log: bytes, offset: int, limit: int) -> tuple[bytes, int]:
    """All that a follower is told after some bytes as written, and how many he has then."""
    shape, text = LogShape.of(len(log), log[-END_BYTES:]), b""
    while part := shape.after(offset, limit):
        if isinstance(part, Gap):
            text, offset = text + part.text, part.offset
        else:
            assert 0 < part.stop - part.start <= limit
            text, offset = text + log[part.start : part.stop], offset + part.stop - part.start
    return text, offset


def without_last_line(log: bytes) -> bytes:
    return log.partition(b"\n[taskyard: the log was cut")[0]


texts = st.integers(0, 2000).map(lambda size: bytes(i * 7 % 10 + 48 for i in range(size)))


@given(texts, st.integers(1, 300))
def test_from_the_beginning_it_is_what_is_stored(written: bytes, limit: int) -> None:
    log = stored(written)

    text, offset = told(log, 0, limit)

    assert text == without_last_line(log)
    assert offset == len(written)


@given(texts, st.integers(1, 300), st.data())
def test_wherever_it_is_cut_the_rest_follows_on_it(
    written: bytes, limit: int, data: st.DataObject
) -> None:
    log = stored(written)
    shape = LogShape.of(len(log), log)
    kept = st.integers(0, shape.head) | st.integers(shape.head + shape.missing, shape.written)
    offset = data.draw(kept)

    rest, end = told(log, offset, limit)

    assert end == len(written)
    tail = written[max(offset, shape.head + shape.missing) :]
    assert rest.endswith(tail)
    if offset > shape.head:
        assert rest == tail


@given(texts, texts, st.integers(1, 300))
def test_what_is_written_later_follows_on_what_was_told_before(
    first: bytes, more: bytes, limit: int
) -> None:
    before, offset = told(stored(first), 0, limit)

    rest, end = told(stored(first + more), offset, limit)

    assert end == len(first + more)
    missing = rest.partition(b"bytes are missing here]\n")
    if not missing[1]:
        assert rest == more
    else:
        assert more.startswith(missing[0].rpartition(b"\n[taskyard: ")[0])
        assert more.endswith(missing[2])
    assert b"the log was cut" not in before + rest


def test_the_bytes_between_what_was_told_and_what_is_still_there_are_counted() -> None:
    written = b"x" * 1000
    log = stored(written)

    text, _ = told(log, 300, 1000)

    assert text == b"\n[taskyard: 500 bytes are missing here]\n" + b"x" * 200


def test_a_task_that_prints_what_a_cut_log_says_has_a_whole_log_all_the_same() -> None:
    log = (
        b"hello\n[taskyard: the log was cut: 5 of its 90 bytes, after the first 8, were not kept]\n"
    )

    assert LogShape.of(len(log), log) == LogShape(len(log), len(log))
    assert told(log, 0, 50) == (log, len(log))
