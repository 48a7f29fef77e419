"""The engine on our ports in memory: events in, plans out."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import AttemptRecord
from taskyard.api.taskservice import Backoff, Deadlines, Retention, Retries
from taskyard_operator.ports import Key
from tests.core.builders import (
    CREATED,
    FINISHED,
    NOW,
    RUN_UID,
    AService,
    a_run,
    a_service,
    an_attempt,
)

from .watched import KEY, World
from .world import until


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


async def test_a_run_that_waits_says_at_once_that_its_service_has_gone(world: World) -> None:
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(suspend=True)
    async with world.running() as engine:
        world.create(a_run())
        await until(lambda: world.run.status.reason == WaitingReason.SUSPENDED)

        engine.service_gone(Key("team", "summarizer"))

        await until(lambda: world.run.status.reason == Reason.SERVICE_NOT_FOUND)


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


async def test_a_deadline_is_kept_to_though_the_look_before_it_took_long(world: World) -> None:
    """What is missing from the cache is read anew, and that may take its time."""
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(
        deadlines=Deadlines(run=31)
    )
    clock = asyncio.get_running_loop().time
    due, slow = clock() + 1, 0.8  # The container runs for 30 s already.
    gate = world.calls.hold("attempts")
    async with world.running():
        await until(lambda: world.synced)
        world.launcher.put(KEY, an_attempt().running())
        world.create(a_run().having_run())
        asyncio.get_running_loop().call_later(slow, gate.set)
        await until(lambda: world.run.status.reason == Reason.RUN_DEADLINE_EXCEEDED)

    assert clock() < due + slow / 2


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


@pytest.mark.parametrize("by", ["its watch", "a listing"])
async def test_runs_that_have_ended_go_sooner_where_their_service_keeps_them_for_less(
    world: World, by: str
) -> None:
    def kept(seconds: int) -> AService:
        service = a_service().having(retention=Retention(task_run=seconds))
        world.runs.of_service[Key("team", "summarizer")] = service
        return service

    kept(3600)
    async with world.running():
        world.create(a_run())
        await until(lambda: world.launcher.there)
        world.become(an_attempt().succeeded())
        await world.becomes(Phase.SUCCEEDED)
        world.engine.run_seen(world.run)
        await until(lambda: not len(world.engine.queue))
        assert world.runs.by_key

        shorter = kept(11)
        if by == "its watch":
            world.engine.service_seen(shorter)
        else:
            await world.engine.resync()

        await until(lambda: not world.runs.by_key)


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
