"""The two things that keep many from being too many: the token bucket and the breaker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core.breaker import Breaker
from taskyard_operator.core.token_bucket import TokenBucket

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_of_a_burst_are_at_once_and_the_others_at_the_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3)

    assert [bucket.take(10.0) for _ in range(5)] == [0, 0, 0, 0.5, 1]


def test_no_more_than_a_burst_piles_up() -> None:
    bucket = TokenBucket(rate=2, burst=2)

    bucket.take(0.0)

    assert [bucket.take(1000.0) for _ in range(3)] == [0, 0, 0.5]


@given(st.lists(st.floats(0, 5), min_size=2, max_size=50), st.floats(0.1, 100), st.integers(1, 10))
def test_no_span_of_time_sees_more_than_rate_and_burst_allow(
    pauses: list[float], rate: float, burst: int
) -> None:
    bucket, now, granted = TokenBucket(rate, burst), 0.0, []
    for pause in pauses:
        now += pause
        granted.append(now + bucket.take(now))

    for first in range(len(granted)):
        for last in range(first, len(granted)):
            span = granted[last] - granted[first]
            assert last - first + 1 <= burst + rate * span + 1e-6


def test_after_a_failure_one_at_a_time_gets_through_less_and_less_often() -> None:
    breaker = Breaker(first=SECOND, longest=4 * SECOND)
    assert breaker.lets_pass(NOW)

    assert breaker.failed(NOW)
    assert not breaker.lets_pass(NOW)
    assert breaker.lets_pass(NOW + SECOND)
    assert not breaker.lets_pass(NOW + SECOND)
    assert not breaker.failed(NOW + SECOND)
    assert not breaker.lets_pass(NOW + 2 * SECOND)
    assert breaker.lets_pass(NOW + 3 * SECOND)


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    breaker = Breaker(first=SECOND, longest=4 * SECOND)
    breaker.failed(NOW)
    an_hour_back = NOW - 3600 * SECOND

    assert breaker.lets_pass(an_hour_back)
    assert not breaker.lets_pass(an_hour_back)
    assert breaker.lets_pass(an_hour_back + SECOND)


def test_many_that_fail_together_are_one_failure() -> None:
    breaker = Breaker(first=SECOND)

    assert [breaker.failed(NOW) for _ in range(16)] == [True] + [False] * 15
    assert breaker.lets_pass(NOW + SECOND)


def test_a_success_lets_all_pass_again() -> None:
    breaker = Breaker(first=SECOND)
    breaker.failed(NOW)

    assert breaker.lets_pass(NOW + SECOND)
    breaker.succeeded()

    assert breaker.lets_pass(NOW + SECOND)
    assert breaker.lets_pass(NOW + SECOND)
    assert breaker.failed(NOW + SECOND)
