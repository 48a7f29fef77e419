"""A look that fails is made again, whoever is to blame; an engine that is stopped stops wherever it waits."""

import asyncio
import logging

import pytest

from taskyard.api.reasons import Phase, Reason
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Conflict, Key, Rejected, Unavailable
from tests.core.builders import a_run, an_attempt

from .watched import World
from .world import PATIENCE, MemoryObjects, clock_of_the_builders, until


@pytest.mark.parametrize("method", ["start", "write_status"])
async def test_an_error_of_a_port_makes_it_try_again(world: World, method: str) -> None:
    world.calls.fail(method, Unavailable("busy"), Conflict("changed"), Unavailable("busy"))
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().succeeded())
        await world.becomes(Phase.SUCCEEDED)

    assert world.calls.count[method] == 4


async def test_a_fault_in_one_run_does_not_end_the_worker(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.calls.fail("start", *[RuntimeError("a fault of ours")] * 5)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)

    assert sum("after a fault" in record.message for record in caplog.records) == 5


async def test_a_conflict_is_nothing_to_warn_of(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.calls.fail("start", Conflict("the remains of an older run"))
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_service_that_is_refused_is_told_once_and_tried_again(world: World) -> None:
    world.calls.fail("start", *[Rejected("spec.containers[0].image: Required value")] * 3)
    async with world.running():
        world.create(a_run())
        await world.becomes(Phase.QUEUED)
        world.engine.run_seen(world.run)
        assert world.run.status.reason == Reason.SERVICE_INVALID
        assert world.run.status.message == "spec.containers[0].image: Required value"
        await until(lambda: world.launcher.there)

    assert world.calls.of("status") == ["status call-7 Queued"]


@pytest.mark.parametrize("method", ["runs", "start", "write_status"])
async def test_a_stopped_engine_stops_at_once(world: World, method: str) -> None:
    world.calls.hold(method)
    engine = asyncio.create_task(world.engine.run())
    world.create(a_run().in_phase(Phase.QUEUED))
    if method == "write_status":
        world.runs.of_service.clear()
    await until(lambda: world.calls.count[method])

    engine.cancel()

    async with asyncio.timeout(PATIENCE):
        with pytest.raises(asyncio.CancelledError):
            await engine


async def test_an_idle_engine_stops_at_once(world: World) -> None:
    engine = asyncio.create_task(world.engine.run())
    await until(lambda: world.calls.count["all_attempts"])

    engine.cancel()

    async with asyncio.timeout(PATIENCE):
        with pytest.raises(asyncio.CancelledError):
            await engine


async def test_after_a_look_that_went_well_the_next_failure_is_made_good_soon(world: World) -> None:
    """As after many failures, of which each has doubled the wait."""
    key, settings = Key.of(a_run()), EngineSettings(workers=2, resync_seconds=3600)
    ports = world.runs, world.launcher, MemoryObjects(world.calls)
    world.engine = Engine(*ports, settings, clock=clock_of_the_builders())
    for _ in range(20):
        world.engine.queue.retry(key)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        await until(lambda: key in world.engine.queue and not world.engine.queue.load)
        world.calls.fail("write_status", Unavailable("busy"))
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
