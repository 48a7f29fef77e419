"""The file of a log keeps both ends of what was written, within its bound."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskyard_runtime.log import BoundedFile
from taskyard_runtime.sources import Beginning, Source

CHUNKS = st.lists(st.binary(max_size=700), max_size=20)
ROOM_FOR_NOTES = 200
in_its_own_time = settings(deadline=None)
"""It works on files, whose speed is that of the machine."""


@in_its_own_time
@given(CHUNKS, st.integers(0, 1500))
@example([b"x" * 10_000], 1000)
def test_it_is_never_larger_than_its_bound(chunks: list[bytes], limit: int) -> None:
    assert len(_kept(chunks, limit)) <= max(limit, ROOM_FOR_NOTES)


@in_its_own_time
@given(CHUNKS)
def test_it_is_whole_where_there_is_room(chunks: list[bytes]) -> None:
    written = b"".join(chunks)

    assert _kept(chunks, len(written) + ROOM_FOR_NOTES + 1) == written


@in_its_own_time
@given(CHUNKS, st.integers(ROOM_FOR_NOTES, 1500))
def test_it_keeps_both_ends_and_says_what_is_missing(chunks: list[bytes], limit: int) -> None:
    written, kept = b"".join(chunks), _kept(chunks, limit)
    half = (limit - ROOM_FOR_NOTES) // 2
    missing = len(written) - 2 * half

    assert kept.startswith(written[:half])
    if missing > 0:
        note = b"\n[taskyard: %d bytes are missing here]\n" % missing
        assert kept.startswith(written[:half] + note + written[half + missing :])
        assert b"the log was cut: %d of its %d bytes" % (missing, len(written)) in kept


@in_its_own_time
@given(CHUNKS, CHUNKS, st.integers(0, 1500))
def test_what_it_has_so_far_is_what_it_would_keep(
    first: list[bytes], then: list[bytes], limit: int
) -> None:
    with TemporaryDirectory() as folder:
        file = BoundedFile(Path(folder, "log"), limit)
        for chunk in first:
            file.write(chunk)
        so_far = _content(file.so_far())
        for chunk in then:
            file.write(chunk)
        whole = file.finish().read_bytes()

    assert _kept(first, limit).startswith(so_far)
    assert whole == _kept([*first, *then], limit)


def _content(source: Source) -> bytes:
    match source:
        case Beginning(path, size):
            return path.read_bytes()[:size]
        case Path():
            return source.read_bytes()
    return source


def _kept(chunks: list[bytes], limit: int) -> bytes:
    with TemporaryDirectory() as folder:
        file = BoundedFile(Path(folder, "log"), limit)
        for chunk in chunks:
            file.write(chunk)
        return file.finish().read_bytes()
