"""How long the end of a run waits for an object store that is away: a restart does not begin it anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from taskyard_operator.engine.patience import Patience
from taskyard_operator.ports import Key
from tests.core.builders import NOW

KEY = Key("team", "call-7")
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_run_waits_from_its_end_on_also_for_a_controller_that_has_just_started() -> None:
    patience = Patience(2 * MINUTE, Clock())

    assert patience.until(KEY, NOW - 10 * MINUTE) == NOW - 8 * MINUTE


def test_a_run_of_which_nobody_knows_when_it_ended_waits_from_the_first_try_on() -> None:
    clock = Clock()
    patience = Patience(2 * MINUTE, clock)
    first = patience.until(KEY, None)
    clock.now += MINUTE

    assert patience.until(KEY, None) == first == NOW + 2 * MINUTE


def test_an_end_that_lies_ahead_by_the_clock_of_a_node_is_waited_for_no_longer() -> None:
    patience = Patience(2 * MINUTE, Clock())

    assert patience.until(KEY, NOW + 10 * MINUTE) == NOW + 2 * MINUTE


def test_a_clock_that_is_set_back_makes_no_run_wait_for_longer() -> None:
    clock = Clock()
    patience = Patience(2 * MINUTE, clock)
    patience.until(KEY, None)

    clock.now -= 60 * MINUTE

    assert patience.until(KEY, None) == clock.now + 2 * MINUTE


def test_a_run_that_goes_on_finds_all_of_the_patience_again() -> None:
    clock = Clock()
    patience = Patience(2 * MINUTE, clock)
    patience.until(KEY, None)
    clock.now += MINUTE

    patience.forget(KEY)

    assert patience.until(KEY, None) == NOW + 3 * MINUTE
