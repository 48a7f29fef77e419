"""Which part of a result a request is for."""

from __future__ import annotations

import pytest

from taskyard_operator.gateway.ranges import NotModified, NotSatisfiable, Part, asked_for

TAG = '"5d41"'
WHOLE = None


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("bytes=0-0", Part(0, 1)),
        ("bytes=2-4", Part(2, 5)),
        ("bytes=2-", Part(2, 10)),
        ("bytes=9-", Part(9, 10)),
        ("bytes=0-9", Part(0, 10)),
        ("bytes=5-99", Part(5, 10)),
        ("bytes=-3", Part(7, 10)),
        ("bytes=-10", Part(0, 10)),
        ("bytes=-99", Part(0, 10)),
        ("BYTES= 2-4 ", Part(2, 5)),
        ("bytes=10-", NotSatisfiable),
        ("bytes=10-12", NotSatisfiable),
        ("bytes=999999999999-", NotSatisfiable),
        ("bytes=-0", NotSatisfiable),
        ("bytes=4-2", WHOLE),
        ("bytes=12-11", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,4-5", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=0x1-2", WHOLE),
        ("bytes=--1", WHOLE),
        ("bytes=1-2-3", WHOLE),
        ("bytes=\u0661-", WHOLE),
        ("bytes=" + "9" * 5000 + "-", WHOLE),
        ("bytes 0-1", WHOLE),
        ("pages=1-2", WHOLE),
        ("", WHOLE),
    ],
)
def test_of_ten_bytes_a_range_means(said: str, wanted: Part | type | None) -> None:
    found = asked_for("GET", {"range": said}, TAG, 10)

    assert (type(found) if isinstance(wanted, type) else found) == wanted


@pytest.mark.parametrize("said", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_of_no_bytes_no_range_can_be_had(said: str) -> None:
    assert isinstance(asked_for("GET", {"range": said}, TAG, 0), NotSatisfiable)


@pytest.mark.parametrize(
    ("said", "has_it"),
    [
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"a", {TAG},"b"', True),
        ("*", True),
        ('"other"', False),
        ("5d41", False),
        ("", False),
    ],
)
def test_who_names_the_tag_has_it_already(said: str, has_it: bool) -> None:
    for method in ("GET", "HEAD"):
        found = asked_for(method, {"if-none-match": said, "range": "bytes=0-1"}, TAG, 10)
        assert isinstance(found, NotModified) == has_it


@pytest.mark.parametrize(
    ("said", "wanted"),
    [(TAG, Part(2, 5)), ('"other"', WHOLE), (f"W/{TAG}", WHOLE), ("Wed, 25 Nov 2026 01:00:00 GMT", WHOLE)],
)  # fmt: skip
def test_a_range_of_another_version_is_the_whole_of_this_one(
    said: str, wanted: Part | None
) -> None:
    assert asked_for("GET", {"if-range": said, "range": "bytes=2-4"}, TAG, 10) == wanted


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_only_what_is_got_has_ranges(method: str) -> None:
    assert asked_for(method, {"range": "bytes=2-4"}, TAG, 10) is None


def test_a_call_is_answered_whatever_its_caller_has_seen_before() -> None:
    assert asked_for("POST", {"if-none-match": TAG}, TAG, 10) is None
