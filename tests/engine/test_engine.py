"""The engine on our ports in memory: events in, plans out."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import AttemptRecord, TaskRun
from taskyard.api.taskservice import Backoff, Deadlines, Retention, Retries
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Conflict, Key, Rejected, Unavailable
from tests.core.builders import CREATED, FINISHED, NOW, RUN_UID, a_run, a_service, an_attempt

from .world import (
    PATIENCE,
    Calls,
    MemoryLauncher,
    MemoryObjects,
    MemoryRuns,
    clock_of_the_builders,
    running,
    until,
)

KEY = Key("team", "call-7")


@dataclass
class World:
    """The engine, its ports, and a watch that tells the engine what a test makes happen."""

    engine: Engine
    runs: MemoryRuns
    launcher: MemoryLauncher
    calls: Calls

    @property
    def synced(self) -> bool:
        return self.engine.why_stale() is None

    @property
    def run(self) -> TaskRun:
        return self.runs.by_key[KEY]

    @property
    def phase(self) -> str | None:
        return self.run.status.phase

    async def becomes(self, phase: Phase) -> None:
        await until(lambda: self.phase == phase)

    def create(self, run: TaskRun) -> None:
        self.engine.run_seen(self.runs.put(run))

    def become(self, attempt: Attempt) -> None:
        self.launcher.put(KEY, attempt)
        self.engine.attempt_seen(KEY, attempt)

    def running(self) -> AbstractAsyncContextManager[Engine]:
        return running(self.engine)


@pytest.fixture
def world() -> World:
    return a_world()


def a_world(resync_seconds: float = 3600) -> World:
    """The time is that of the builders, and goes on from there."""
    calls = Calls()
    runs, launcher = MemoryRuns(calls), MemoryLauncher(calls)
    runs.of_service[Key("team", "summarizer")] = a_service()
    settings = EngineSettings(workers=2, resync_seconds=resync_seconds, retry_delays=(0.001, 0.01))
    clock = clock_of_the_builders()
    engine = Engine(runs, launcher, MemoryObjects(calls), settings, clock=clock)
    return World(engine, runs, launcher, calls)


async def test_a_run_goes_from_created_to_succeeded(world: World) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt())
        await world.becomes(Phase.STARTING)
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
        world.become(an_attempt().succeeded())
        await world.becomes(Phase.SUCCEEDED)

    assert world.run.status.result
    assert world.calls.count["write_status"] == 3


async def test_a_run_that_is_done_at_once_costs_one_status_write(world: World) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().succeeded())
        await world.becomes(Phase.SUCCEEDED)

    assert world.calls.count["write_status"] == 1


async def test_the_attempt_gets_its_orders(world: World) -> None:
    async with world.running():
        world.create(a_run().with_object("team/call-7/input"))
        await until(lambda: world.launcher.tickets)

    (ticket,) = world.launcher.tickets
    assert (ticket.run, ticket.attempt, ticket.task) == ("call-7", 1, "summarize")
    assert ticket.input.url == "get:team/call-7/input"
    assert ticket.input.content_type == "text/plain"
    assert ticket.result_url == "put:team/call-7/1/result"
    assert ticket.log_url == "put:team/call-7/1/log"
    assert ticket.progress_url == "put:team/call-7/1/progress"
    assert ticket.outputs_url == "put:team/call-7/1/outputs"
    assert ticket.cancel_grace == 30


async def test_a_service_may_say_how_long_a_cancelled_task_may_clean_up(world: World) -> None:
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(cancel_grace=0)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.tickets)

    assert world.launcher.tickets[0].cancel_grace == 0
    assert world.launcher.tickets[0].input.inline == {"text": "long"}


async def test_what_was_there_before_the_engine_is_gone_on_with(world: World) -> None:
    world.runs.put(a_run())
    world.launcher.put(KEY, an_attempt().succeeded())

    async with world.running():
        await world.becomes(Phase.SUCCEEDED)

    assert world.calls.count["start"] == 0


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


async def test_a_cancelled_run_is_stopped_and_then_called_cancelled(world: World) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
        world.engine.run_seen(await world.runs.request_cancel(world.run))
        await until(lambda: world.calls.count["stop"])
        await until(lambda: not world.launcher.there)
        assert world.phase == Phase.RUNNING
        world.engine.attempt_gone(KEY, 1, RUN_UID)
        await world.becomes(Phase.CANCELLED)


async def test_a_lost_attempt_is_looked_for_before_it_is_given_up(world: World) -> None:
    """The attempt is only missing in the cache: nothing is written, and nothing is started."""
    async with world.running():
        await until(lambda: world.synced)
        world.create(a_run().with_attempt_in_status())
        world.launcher.put(KEY, an_attempt().running())
        await until(lambda: world.calls.count["write_status"])

    assert world.phase == Phase.RUNNING
    assert world.calls.count["attempts"] == 1


async def test_a_run_whose_service_comes_later_is_started_then(world: World) -> None:
    world.runs.of_service.clear()
    async with world.running():
        world.create(a_run())
        await world.becomes(Phase.QUEUED)
        assert world.run.status.reason == Reason.SERVICE_NOT_FOUND
        world.engine.service_seen(a_service())
        await until(lambda: world.launcher.there)


async def test_a_service_that_goes_is_not_started_any_more(world: World) -> None:
    async with world.running():
        await until(lambda: world.synced or world.calls.count["all_attempts"])
        world.engine.service_seen(a_service())
        world.engine.service_gone(Key("team", "summarizer"))
        world.create(a_run())
        await world.becomes(Phase.QUEUED)

    assert world.calls.count["start"] == 0


async def test_a_failed_attempt_is_followed_by_another_one_when_that_is_due(world: World) -> None:
    retries = Retries(limit=1, backoff=Backoff(initial=1))
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(retries=retries)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(replace(an_attempt().failed(), finished_at=NOW))
        await world.becomes(Phase.QUEUED)
        assert world.run.status.reason == WaitingReason.BACKING_OFF
        await until(lambda: world.calls.count["start"] == 2)
        world.become(an_attempt().numbered(2).succeeded())
        await world.becomes(Phase.SUCCEEDED)

    assert [ticket.attempt for ticket in world.launcher.tickets] == [1, 2]
    assert world.run.status.result
    assert world.run.status.result.key == "team/call-7/2/result"


async def test_what_is_left_of_a_lost_attempt_is_stopped_after_the_status_tells_of_it(
    world: World,
) -> None:
    told = world.calls.hold("write_status")
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().failed(Reason.DISRUPTED, "evicted"))
        await until(lambda: world.calls.count["write_status"])
        assert world.calls.count["stop"] == 0
        told.set()
        await until(lambda: world.calls.count["stop"])


async def test_an_attempt_that_was_made_and_is_gone_is_not_made_again_on_old_news(
    world: World,
) -> None:
    """As two leaders at once would: the name of a Job guards only as long as the Job is there."""
    lost = AttemptRecord(number=1, job="call-7-1", reason="Disrupted", finished_at=CREATED)
    between = a_run().in_phase(Phase.QUEUED, attempt=1, attempts=[lost])
    ended = between.in_phase(Phase.SUCCEEDED, attempt=2, finished_at=FINISHED).archived()
    async with world.running():
        await until(lambda: world.synced)
        old = world.runs.put(between)
        world.runs.put(ended)
        world.engine.run_seen(old)
        await until(lambda: KEY not in world.engine.cache.unfinished_runs())

    assert world.calls.count["start"] == 0


async def test_an_attempt_that_runs_too_long_is_condemned_then_stopped_then_called_failed(
    world: World,
) -> None:
    """The start of the builders' attempts is half a minute before the time of the engine."""
    deadlines = Deadlines(run=31)
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(deadlines=deadlines)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().running())
        await world.becomes(Phase.RUNNING)
        await until(lambda: world.calls.count["stop"])
        assert world.phase == Phase.RUNNING
        assert world.run.status.reason == Reason.RUN_DEADLINE_EXCEEDED
        world.engine.attempt_gone(KEY, 1, RUN_UID)
        await world.becomes(Phase.FAILED)

    assert world.run.status.reason == Reason.RUN_DEADLINE_EXCEEDED


async def test_an_image_that_fails_after_a_long_pull_finds_all_of_the_patience(
    world: World,
) -> None:
    ten_minutes_ago = NOW - timedelta(minutes=10)
    pulled = replace(an_attempt().on_pod().placed(ten_minutes_ago), created_at=ten_minutes_ago)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        patience = timedelta(seconds=0.3)
        world.become(pulled.waiting_for(WaitingReason.PULLING_IMAGE, "a broken line", patience))

        await world.becomes(Phase.STARTING)
        assert world.run.status.reason == WaitingReason.PULLING_IMAGE
        await until(lambda: world.run.status.reason == Reason.IMAGE_UNAVAILABLE)


async def test_a_run_is_deleted_when_its_time_is_over(world: World) -> None:
    kept = Retention(task_run=11)
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(retention=kept)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().succeeded())
        await world.becomes(Phase.SUCCEEDED)
        world.engine.run_seen(world.run)
        await until(lambda: not world.runs.by_key)

    stored = world.calls.of("put")
    assert [key.split()[1].split("/")[0] for key in stored] == ["_expiry", "_listed", "team"]
    assert world.calls.events == [*stored, "status call-7 Succeeded", "delete call-7"]


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


async def test_a_run_that_was_deleted_while_it_was_looked_at_stays_away(world: World) -> None:
    started = world.calls.hold("write_status")
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().running())
        await until(lambda: world.calls.count["write_status"])
        world.engine.run_gone(KEY)
        started.set()
        await world.becomes(Phase.RUNNING)
        for _ in range(10):
            await asyncio.sleep(0)

        assert world.engine.cache.run(KEY) is None


async def test_an_event_of_an_unknown_run_is_no_trouble(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with world.running():
        world.engine.attempt_seen(KEY, an_attempt())
        world.engine.attempt_gone(Key("team", "other"), 1, RUN_UID)
        world.engine.run_gone(Key("team", "other"))
        world.create(a_run().named("next"))
        await until(lambda: world.launcher.there)

    assert caplog.records == []


async def test_a_young_attempt_is_looked_at_again_in_its_time(world: World) -> None:
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().made(None))
        await until(lambda: KEY in world.engine.queue._timers)

    assert world.calls.count["write_status"] == 0


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


async def test_the_echo_of_a_write_brings_a_look_without_being_read(world: World) -> None:
    engine, run = world.engine, a_run().version(10)
    engine.run_seen(run)
    engine.queue.done(await engine.queue.get())

    assert not engine.run_known(KEY, run.metadata.uid, "11")
    assert KEY not in engine.queue
    assert engine.run_known(KEY, run.metadata.uid, "10")
    assert KEY in engine.queue


async def test_an_event_that_changes_nothing_of_an_attempt_brings_no_look(world: World) -> None:
    """A Job and its Pod change some ten times in their life, an attempt three times."""
    engine = world.engine
    engine.attempt_seen(KEY, an_attempt().running())
    engine.queue.done(await engine.queue.get())

    engine.attempt_seen(KEY, an_attempt().running())

    assert KEY not in engine.queue
