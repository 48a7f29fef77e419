"""The liveness probe is told of an engine that is stuck, and of one whose news is old."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from taskyard_operator.core.liveness import LivenessLimits
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key
from tests.core.builders import a_run, a_service

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running, until

PATIENT = LivenessLimits(listing=3600, stuck=3600, look=3600, watch=3600)
SOON = 0.05
"""Seconds after which a test finds an engine unwell."""


class Place(NamedTuple):
    """An engine with one worker, and what it works on."""

    engine: Engine
    runs: MemoryRuns
    calls: Calls

    def is_unwell(self, words: str) -> bool:
        return (self.engine.why_stale() or "").startswith(words)

    def is_well(self) -> bool:
        return self.engine.why_stale() is None


def a_place(limits: LivenessLimits) -> Place:
    calls = Calls()
    runs = MemoryRuns(calls, a_run())
    runs.of_service[Key("team", "summarizer")] = a_service()
    ports = runs, MemoryLauncher(calls), MemoryObjects(calls)
    settings = EngineSettings(workers=1, resync_seconds=3600, liveness=limits)
    return Place(Engine(*ports, settings), runs, calls)


async def test_one_that_has_listed_nothing_yet_is_unwell() -> None:
    place = a_place(PATIENT)
    answer = place.calls.hold("services")

    async with running(place.engine):
        await until(lambda: place.calls.count["services"])
        assert place.is_unwell("nothing was listed yet")

        answer.set()
        await until(place.is_well)


async def test_one_that_lists_for_the_first_time_is_not_to_be_started_anew_for_that() -> None:
    place = a_place(PATIENT)
    place.calls.hold("services")

    async with running(place.engine):
        await until(lambda: place.calls.count["services"])

        assert place.engine.why_unwell() is None


async def test_one_whose_first_listing_does_not_end_is_to_be_started_anew() -> None:
    place = a_place(replace(PATIENT, listing=SOON))
    place.calls.hold("services")

    async with running(place.engine):
        await until(lambda: (place.engine.why_unwell() or "").startswith("the first listing lasts"))


async def test_one_whose_last_listing_is_old_is_unwell() -> None:
    place = a_place(replace(PATIENT, listing=SOON))

    async with running(place.engine):
        await until(lambda: place.is_unwell("the last listing is"))

        await place.engine.resync()
        assert place.is_well()


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (replace(PATIENT, stuck=SOON), "there is work, and none was done for"),
        (replace(PATIENT, look=SOON), "one look at a run lasts"),
    ],
    ids=["whose queue does not move", "that looks at one run for ever"],
)
async def test_one_is_unwell(limits: LivenessLimits, why: str) -> None:
    place = a_place(limits)
    answer = place.calls.hold("start")

    async with running(place.engine):
        await until(lambda: place.is_unwell(why))

        answer.set()
        await until(place.is_well)


async def test_one_whose_watches_bring_nothing_of_what_was_listed_is_unwell() -> None:
    place = a_place(replace(PATIENT, watch=SOON))

    async with running(place.engine):
        await until(lambda: place.is_unwell("the watch of taskruns is silent for"))

        for kind in ("taskruns", "taskservices", "pods"):
            place.engine.watch_heard(kind, None)
        assert place.is_well()
