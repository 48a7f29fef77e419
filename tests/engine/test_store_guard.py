"""A store that is slow keeps nobody for long, and a store that is away is not asked by everybody."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import FoundObject, Missing, Unavailable
from tests.core.builders import NOW

from .world import PATIENCE, Calls, MemoryObjects

BRIEFLY = 0.05
"""Seconds that a test waits for a slow store."""


class Place:
    """A store behind its guard, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.calls = Calls()
        self.objects = MemoryObjects(self.calls)
        self.objects.stored["here"] = b"x"
        self.guard = StoreGuard(self.objects, self._clock)

    def _clock(self) -> datetime:
        return self.now

    async def ask(self, key: str = "here") -> FoundObject:
        async with asyncio.timeout(PATIENCE):
            return await self.guard.ask(lambda store: store.look_up(key), BRIEFLY)

    @property
    def asked(self) -> int:
        return self.calls.count["look_up"]


@pytest.fixture
async def place() -> Place:
    return Place()


async def test_a_store_that_is_slow_is_given_up_and_left_alone_for_a_moment(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.calls.hold("look_up")

    with pytest.raises(Unavailable, match=r"took more than 0\.05 s"):
        await place.ask()
    for _ in range(9):
        with pytest.raises(Unavailable, match="gave no answer a moment ago"):
            await place.ask()

    assert place.asked == 1
    assert caplog.text.count("the object store is away, and is asked again") == 1


async def test_a_store_that_is_away_for_minutes_is_asked_now_and_then_and_said_to_be_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.objects.away = True

    for _ in range(300):
        place.now += timedelta(seconds=1)
        with pytest.raises(Unavailable):
            await place.ask()

    assert 10 <= place.asked <= 300 / 2
    assert caplog.text.count("the object store is away, and is asked again") == 1


async def test_a_store_that_is_back_is_asked_by_all(place: Place) -> None:
    place.objects.away = True
    with pytest.raises(Unavailable):
        await place.ask()
    place.objects.away = False
    place.now += timedelta(minutes=1)

    found = [await place.ask() for _ in range(3)]

    assert [each.size for each in found] == [1, 1, 1]


async def test_that_there_is_no_such_object_is_an_answer(place: Place) -> None:
    for _ in range(3):
        with pytest.raises(Missing):
            await place.ask("nowhere")

    assert place.asked == 3


async def test_a_store_that_is_back_is_asked_by_all_though_what_they_ask_for_is_not_there(
    place: Place,
) -> None:
    place.objects.away = True
    with pytest.raises(Unavailable):
        await place.ask()
    place.objects.away = False
    place.now += timedelta(minutes=1)

    for _ in range(3):
        with pytest.raises(Missing):
            await place.ask("nowhere")

    assert place.asked == 4
