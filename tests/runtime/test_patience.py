"""A store that stays away is asked until the very end of the time it is given."""

import random
from collections.abc import Callable

import pytest

from taskyard_runtime import transfer


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(transfer, "time", fake)
    monkeypatch.setattr(random, "uniform", lambda least, most: most)
    return fake


def back_after(clock: FakeTime, seconds: float) -> Callable[[float], str]:
    def attempt(silence: float) -> str:
        if clock.now < seconds:
            raise transfer._Again("it is away")
        return "stored"

    return attempt


def test_a_store_that_is_back_within_the_patience_is_found_back(clock: FakeTime) -> None:
    stored = transfer._persist(back_after(clock, 29), "http://store/x", 30)

    assert (stored, clock.now) == ("stored", 30)


def test_a_store_that_is_not_back_is_given_up_when_the_patience_ends(clock: FakeTime) -> None:
    with pytest.raises(transfer.TransferError, match="stayed away for 30 s: it is away"):
        transfer._persist(back_after(clock, 31), "http://store/x", 30)

    assert clock.now == 30
