"""That the other side is away is said once, and once that it is there again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from taskyard.api.reasons import Phase
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key, OverQuota, PortError, Unavailable
from tests.core.builders import a_run, a_service

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, clock_of_the_builders, until

AWAY = Unavailable("the API server cannot be reached")
API = ("runs", "services", "all_attempts", "run", "attempts", "start", "stop", "write_status")
NAMES = [f"call-{number}" for number in range(40)]


@dataclass
class Yard:
    """An engine at work, with a short breath."""

    engine: Engine
    runs: MemoryRuns
    launcher: MemoryLauncher
    calls: Calls

    def refuse(self, *methods: str) -> None:
        self.calls.broken = dict.fromkeys(methods, AWAY)

    def submit(self, *names: str) -> None:
        for name in names:
            self.engine.run_seen(self.runs.put(a_run().named(name).with_uid(name)))

    def started(self) -> int:
        return len(self.launcher.there)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    """The time is that of the builders, and goes on from there."""
    calls = Calls()
    runs, launcher = MemoryRuns(calls), MemoryLauncher(calls)
    runs.of_service[Key("team", "summarizer")] = a_service()
    settings = EngineSettings(workers=16, resync_seconds=0.02, retry_delays=(0.001, 0.01))
    clock = clock_of_the_builders()
    engine = Engine(runs, launcher, MemoryObjects(calls), settings, clock=clock)
    task = asyncio.create_task(engine.run())
    yield Yard(engine, runs, launcher, calls)
    assert not task.done(), "the engine ended by itself"
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.message for record in caplog.records if record.levelno == level]


async def test_an_api_server_that_is_away_is_told_of_once_and_so_is_its_return(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await until(lambda: yard.engine.why_stale() is None)
    yard.refuse(*API)
    yard.submit(*NAMES)
    await until(lambda: yard.calls.count["start"] > 300 and yard.calls.count["runs"] > 5)

    assert said(caplog, logging.WARNING) == [
        "work is held up, and tried again: the API server cannot be reached"
    ]
    assert said(caplog, logging.INFO) == []
    yard.refuse()
    await until(lambda: yard.started() == len(NAMES))

    assert len(said(caplog, logging.WARNING)) == 1
    (over,) = said(caplog, logging.INFO)
    words = over.split()
    assert over.startswith("work goes on, after ")
    assert over.endswith(" failed tries")
    assert int(words[-3]) > 300


async def test_a_listing_that_fails_is_told_of_in_the_same_way(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await until(lambda: yard.engine.why_stale() is None)
    yard.refuse("services")
    before = yard.calls.count["services"]
    await until(lambda: yard.calls.count["services"] > before + 10)
    yard.refuse()
    await until(lambda: said(caplog, logging.INFO))

    assert len(said(caplog, logging.WARNING)) == len(said(caplog, logging.INFO)) == 1


async def test_a_server_that_is_only_busy_is_told_of_once_as_well(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await until(lambda: yard.engine.why_stale() is None)
    yard.refuse("write_status")  # Jobs are created meanwhile, and listings made.
    yard.runs.put(a_run().cancelled().named("unwritten"))
    yard.submit(*NAMES)
    await until(lambda: yard.started() == len(NAMES))
    await until(lambda: yard.calls.count["write_status"] > 100)
    yard.refuse()
    key = Key("team", "unwritten")
    await until(lambda: yard.runs.by_key[key].status.phase == Phase.CANCELLED)

    assert len(said(caplog, logging.WARNING)) == 1
    assert len(said(caplog, logging.INFO)) == 1


async def test_that_runs_are_refused_is_told_of_once_for_each_run_and_cause(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    await until(lambda: yard.engine.why_stale() is None)
    for cause in ["the quota is used up", "a policy forbids it"]:
        await refuse_each_some_times(yard, OverQuota(cause))

        warned = [line for line in said(caplog, logging.WARNING) if line.endswith(cause)]
        assert sorted(line.split(":")[0] for line in warned) == sorted(
            f"team/{name}" for name in NAMES
        )


async def refuse_each_some_times(yard: Yard, why: PortError) -> None:
    yard.calls.broken["start"] = why
    yard.submit(*NAMES)
    enough = yard.calls.count["start"] + 5 * len(NAMES)
    await until(lambda: yard.calls.count["start"] > enough)
