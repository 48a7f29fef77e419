"""Trouble is told of when it begins and when it is over, and not in between."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core.outage import Outage, Over

from .builders import NOW

SECOND = timedelta(seconds=1)


def test_only_the_first_of_many_failures_is_worth_a_word() -> None:
    outage = Outage()

    assert [outage.failed(NOW + n * SECOND) for n in range(100)] == [True, *[False] * 99]


def test_what_is_over_tells_how_long_it_was_and_how_often_it_was_tried() -> None:
    outage = Outage()
    for n in range(5):
        outage.failed(NOW + n * SECOND)

    assert outage.succeeded(NOW + 10 * SECOND) == Over(10 * SECOND, 5)
    assert outage.succeeded(NOW + 11 * SECOND) is None


def test_where_nothing_failed_nothing_is_over() -> None:
    assert Outage().succeeded(NOW) is None


def test_another_one_soon_after_is_told_of_only_if_it_lasts() -> None:
    outage = Outage(apart=60 * SECOND)
    outage.failed(NOW)
    outage.succeeded(NOW + SECOND)

    assert not outage.failed(NOW + 2 * SECOND)
    assert outage.succeeded(NOW + 3 * SECOND) is None
    assert not outage.failed(NOW + 30 * SECOND)
    assert outage.failed(NOW + 60 * SECOND)
    assert outage.succeeded(NOW + 70 * SECOND) == Over(40 * SECOND, 2)


def test_a_clock_that_is_set_back_keeps_nothing_from_being_told() -> None:
    outage = Outage(apart=60 * SECOND)
    outage.failed(NOW)
    outage.succeeded(NOW + SECOND)

    assert outage.failed(NOW - 3600 * SECOND)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=200))
def test_it_is_never_told_of_more_often_than_once_in_a_minute_and_each_end_has_a_beginning(
    tries: list[tuple[float, bool]],
) -> None:
    outage, now, begun, ended = Outage(apart=60 * SECOND), NOW, [], 0
    for pause, well in tries:
        now += pause * SECOND
        if not well:
            begun += [now] if outage.failed(now) else []
        elif outage.succeeded(now):
            ended += 1
            assert ended == len(begun)

    assert all(later - one >= 60 * SECOND for one, later in pairwise(begun))
