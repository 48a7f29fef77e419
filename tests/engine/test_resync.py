"""Listing everything again: what the watches missed is found, and what they saw meanwhile is not undone."""

import asyncio

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard_operator.ports import Key, Unavailable
from tests.core.builders import RUN_UID, a_run, a_service, an_attempt

from .watched import KEY, World, a_world
from .world import until


async def test_nothing_is_decided_before_the_first_listing(world: World) -> None:
    listed = world.calls.hold("all_attempts")
    world.launcher.put(KEY, an_attempt().running())
    async with world.running():
        await until(lambda: world.calls.count["all_attempts"])
        world.create(a_run())
        for _ in range(50):
            await asyncio.sleep(0)
        synced = world.synced
        assert not synced
        assert (world.calls.count["start"], world.calls.count["write_status"]) == (0, 0)

        listed.set()
        await world.becomes(Phase.RUNNING)

    assert world.synced
    assert world.calls.count["start"] == 0


async def test_a_first_listing_that_fails_is_tried_again() -> None:
    world = a_world(resync_seconds=0.01)  # the cap of its back-off
    world.calls.fail("runs", Unavailable("starting"), Unavailable("starting"))
    world.runs.put(a_run())

    async with world.running():
        await until(lambda: world.launcher.there)

    assert world.calls.count["runs"] >= 3


async def test_a_listing_finds_what_the_watch_missed(world: World) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
        world.launcher.put(KEY, an_attempt().succeeded())
        await world.engine.resync()
        await world.becomes(Phase.SUCCEEDED)


async def test_a_listing_finds_that_an_attempt_is_gone_though_the_watch_missed_its_end(
    world: World,
) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
        world.launcher.there.clear()
        await world.engine.resync()
        await until(lambda: world.run.status.reason == WaitingReason.BACKING_OFF)

    assert [each.reason for each in world.run.status.attempts] == [Reason.DISRUPTED]


async def test_a_watch_that_begins_anew_has_everything_listed(world: World) -> None:
    async with world.running() as engine:
        await until(lambda: world.synced)
        world.runs.put(a_run())

        engine.list_again()

        await until(lambda: world.launcher.there)


async def test_what_begins_anew_while_a_listing_is_made_has_another_one_made(world: World) -> None:
    gate = world.calls.hold("services")
    async with world.running() as engine:
        await until(lambda: world.calls.count["services"])
        world.runs.put(a_run())  # The listing has read the runs before.
        engine.list_again()
        gate.set()

        await until(lambda: world.launcher.there)


async def test_a_listing_forgets_what_is_gone(world: World) -> None:
    world.engine.run_seen(a_run())
    world.engine.attempt_seen(KEY, an_attempt())
    world.engine.service_seen(a_service().named("gone"))

    await world.engine.resync()

    known = world.engine.cache.begin_listing()
    assert (known.runs, known.attempts) == (set(), set())
    assert known.services == {Key("team", "summarizer")}


async def test_a_listing_keeps_what_was_created_while_it_was_made(world: World) -> None:
    listed = world.calls.hold("all_attempts")
    resync = asyncio.create_task(world.engine.resync())
    await until(lambda: world.calls.count["all_attempts"])
    world.engine.run_seen(a_run())

    listed.set()
    await resync

    assert world.engine.cache.run(KEY)


async def test_a_listing_does_not_undo_what_was_seen_while_it_was_made(world: World) -> None:
    world.create(a_run())
    listed = world.calls.hold("all_attempts")
    resync = asyncio.create_task(world.engine.resync())
    await until(lambda: world.calls.count["all_attempts"])
    world.create(a_run().cancelled())

    listed.set()
    await resync

    run = world.engine.cache.run(KEY)
    assert run
    assert run.spec.cancel


async def test_a_run_that_was_deleted_while_a_listing_was_made_stays_away(world: World) -> None:
    world.create(a_run())
    listed = world.calls.hold("all_attempts")
    resync = asyncio.create_task(world.engine.resync())
    await until(lambda: world.calls.count["all_attempts"])
    del world.runs.by_key[KEY]
    world.engine.run_gone(KEY)

    listed.set()
    await resync

    assert world.engine.cache.run(KEY) is None


async def test_a_run_whose_end_is_told_before_it_was_listed_stays_away(world: World) -> None:
    world.runs.put(a_run())
    listed = world.calls.hold("all_attempts")
    resync = asyncio.create_task(world.engine.resync())
    await until(lambda: world.calls.count["all_attempts"])
    del world.runs.by_key[KEY]
    world.engine.run_gone(KEY, RUN_UID)

    listed.set()
    await resync

    assert world.engine.cache.run(KEY) is None


async def test_the_end_of_a_run_that_is_told_late_is_not_that_of_its_namesake(world: World) -> None:
    async with world.running() as engine:
        await until(lambda: world.synced)
        world.runs.put(a_run().with_uid("another"))
        engine.list_again()
        await until(lambda: world.launcher.there)

        engine.run_gone(KEY, RUN_UID)

        run = engine.cache.run(KEY)
        assert run
        assert run.metadata.uid == "another"


async def test_a_listing_keeps_the_namesake_of_a_run_that_it_found_to_be_gone(world: World) -> None:
    world.create(a_run())
    del world.runs.by_key[KEY]
    listed = world.calls.hold("all_attempts")
    resync = asyncio.create_task(world.engine.resync())
    await until(lambda: world.calls.count["all_attempts"])
    world.engine.run_gone(KEY, RUN_UID)
    world.create(a_run().with_uid("another"))

    listed.set()
    await resync

    run = world.engine.cache.run(KEY)
    assert run
    assert run.metadata.uid == "another"


async def test_a_listing_finds_that_a_service_is_gone_and_looks_at_its_runs_that_have_ended(
    world: World,
) -> None:
    engine = world.engine
    engine.service_seen(a_service())
    world.create(a_run().in_phase(Phase.SUCCEEDED))
    engine.queue.done(await engine.queue.get())
    engine.queue.add_after(KEY, 3600)  # when its time was over by its service
    world.runs.of_service.clear()

    await engine.resync()

    assert len(engine.queue) == 1
