"""Callbacks are told beside the work, from what statuses say is owed, and by whoever leads."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from taskyard.api.callback import CallbackStatus, Delivery
from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.callbacks import CallbackSettings
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import Retention, RetentionSettings
from taskyard_operator.core.webhook import Webhook
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key, Rejected, Unavailable
from tests.core.builders import NOW, ARun, a_delivery, a_run, a_service, an_attempt

from .world import (
    Calls,
    MemoryLauncher,
    MemoryObjects,
    MemoryRuns,
    MemorySender,
    clock_of_the_builders,
    running,
    until,
)

KEY = Key("team", "call-7")
RECORD = "team/call-7/record"
AT_ONCE = CallbackSettings(first_delay=timedelta(0))
DONE = an_attempt().succeeded()
AWAY = Unavailable("hooks.example answered 503.")


@dataclass
class World:
    """What outlives an engine."""

    calls: Calls = field(default_factory=Calls)
    sender: MemorySender = field(default_factory=MemorySender)
    webhooks: bool = True
    clock: Clock = field(default_factory=clock_of_the_builders)

    def __post_init__(self) -> None:
        self.runs, self.launcher = MemoryRuns(self.calls), MemoryLauncher(self.calls)
        self.objects = MemoryObjects(self.calls)
        self.runs.of_service[Key("team", "summarizer")] = a_service()

    @property
    def deliveries(self) -> list[Delivery]:
        """What the status of the run says."""
        callback = self.runs.by_key[KEY].status.callback
        return callback.deliveries if callback else []

    def settled(self) -> bool:
        return bool(self.deliveries) and all(each.settled for each in self.deliveries)

    def engine(
        self, settings: CallbackSettings = AT_ONCE, *, kept: timedelta = timedelta(days=1)
    ) -> AbstractAsyncContextManager[Engine]:
        own = EngineSettings(
            workers=2,
            resync_seconds=3600,
            callbacks=settings,
            retention=RetentionSettings(defaults=Retention(task_run=kept)),
            retry_delays=(0.001, 0.01),
        )
        sender = self.sender if self.webhooks else None
        ports = self.runs, self.launcher, self.objects
        return running(Engine(*ports, own, sender=sender, clock=self.clock))

    def ends(self, run: ARun) -> TaskRun:
        """A run whose attempt has succeeded, and nobody has seen that yet."""
        self.launcher.put(KEY, DONE)
        return self.runs.put(run)


@pytest.fixture
def world() -> World:
    return World()


async def test_the_end_of_a_run_is_told_at_the_cost_of_one_more_write(world: World) -> None:
    world.ends(a_run().with_callback())

    async with world.engine():
        await until(world.settled)

    (told,) = world.deliveries
    assert (told.phase, told.attempts, told.message) == (Phase.SUCCEEDED, 1, None)
    assert [status.phase for status in world.runs.written] == [Phase.SUCCEEDED] * 2


async def test_a_run_without_a_callback_costs_nothing_more(world: World) -> None:
    world.ends(a_run())

    async with world.engine():
        await until(lambda: world.runs.by_key[KEY].status.terminal)

    assert len(world.runs.written) == 1
    assert world.sender.attempts == 0


async def test_what_fails_is_tried_again_under_the_same_id(world: World) -> None:
    world.ends(a_run().with_callback())
    world.sender.calls.fail("send", AWAY, AWAY)

    async with world.engine():
        await until(world.settled)

    (told,), (webhook,) = world.deliveries, world.sender.delivered
    assert (told.attempts, told.message) == (3, None)
    assert webhook.id == f"{a_run().metadata.uid}-succeeded"


async def test_another_controller_goes_on_from_where_it_was_left(world: World) -> None:
    world.ends(a_run().with_callback())
    world.sender.calls.broken["send"] = AWAY
    async with world.engine():
        await until(lambda: world.deliveries and world.deliveries[0].attempts >= 2)
    before = world.deliveries[0].attempts
    world.sender.calls.broken.clear()

    async with world.engine():
        await until(world.settled)

    (told,) = world.deliveries
    assert told.delivered_at
    assert told.attempts == before + 1


async def test_another_controller_keeps_to_the_time_of_the_next_attempt(world: World) -> None:
    soon = NOW + timedelta(seconds=1)
    waits = a_delivery(attempts=1, next_attempt_at=soon)
    world.runs.put(a_run().in_phase(Phase.SUCCEEDED, finished_at=NOW).owing(waits).archived())

    async with world.engine():
        await until(world.settled)

    assert world.deliveries[0].delivered_at
    assert world.deliveries[0].delivered_at >= soon


async def test_an_outcome_that_cannot_be_written_is_not_sent_again(world: World) -> None:
    world.ends(a_run().with_callback())
    sending = world.sender.calls.hold("send")

    async with world.engine():
        await until(lambda: world.sender.attempts)
        world.calls.broken["write_status"] = Unavailable("the API server is away")
        sending.set()
        await until(lambda: world.calls.count["write_status"] > 3)
        world.calls.broken.clear()
        await until(world.settled)

    assert len(world.sender.delivered) == 1


async def test_a_receiver_that_is_slow_holds_up_no_run(world: World) -> None:
    world.ends(a_run().with_callback())
    world.sender.calls.hold("send")

    async with world.engine() as engine:
        await until(lambda: world.sender.attempts)
        for number in range(20):
            name = f"other-{number}"
            run = world.runs.put(a_run().named(name).with_uid(name))
            engine.run_seen(run)
        await until(lambda: len(world.launcher.tickets) == 20)


async def test_only_so_many_are_under_way_at_once(world: World) -> None:
    world.sender.calls.hold("send")
    for number in range(9):
        run = a_run().named(f"done-{number}").with_uid(f"done-{number}")
        world.runs.put(run.in_phase(Phase.FAILED, finished_at=NOW).owing(a_delivery()).archived())

    async with world.engine(CallbackSettings(at_a_time=3)):
        await until(lambda: world.sender.attempts == 3)
        await asyncio.sleep(0.05)  # in which no other may begin

    assert world.sender.attempts == 3


class SlowFor(MemorySender):
    """One that gets no answer from a host, after a while."""

    async def send(self, webhook: Webhook, at: datetime) -> None:
        if "slow.example" in webhook.url:
            await self.calls.enter("slow")
            await asyncio.sleep(0.01)
            raise Unavailable("slow.example gave no answer.")
        await super().send(webhook, at)


async def test_a_receiver_that_is_slow_does_not_hold_up_the_others(world: World) -> None:
    world.sender = SlowFor()
    owing = a_run().in_phase(Phase.FAILED, finished_at=NOW).owing(a_delivery()).archived()
    for number in range(100):
        run = owing.named(f"slow-{number}").with_uid(f"slow-{number}")
        callback = CallbackStatus(url="https://slow.example/done", deliveries=[a_delivery()])
        world.runs.put(run.saying(run.status.model_copy(update={"callback": callback})))

    async with world.engine(
        CallbackSettings(first_delay=timedelta(hours=1), at_a_time=2)
    ) as engine:
        await until(lambda: world.sender.calls.count["slow"] >= 2)
        engine.run_seen(world.runs.put(owing.named("quick").with_uid("quick")))
        await until(lambda: world.sender.delivered)

    assert world.sender.calls.count["slow"] < 20


async def test_the_way_there_is_told_while_it_lasts_and_the_end_in_any_case(world: World) -> None:
    world.runs.put(a_run().with_callback(Phase.RUNNING, Phase.SUCCEEDED))
    world.launcher.put(KEY, an_attempt().running())
    sending = world.sender.calls.hold("send")

    async with world.engine() as engine:
        await until(lambda: world.sender.attempts)
        world.launcher.put(KEY, DONE)
        engine.attempt_seen(KEY, DONE)
        await until(lambda: world.runs.by_key[KEY].status.terminal)
        sending.set()
        await until(lambda: len(world.sender.delivered) == 2)
        await until(lambda: all(each.delivered_at for each in world.deliveries))

    assert [each.phase for each in world.deliveries] == [Phase.RUNNING, Phase.SUCCEEDED]
    assert Counter(webhook.id for webhook in world.sender.delivered).most_common(1)[0][1] == 1


async def test_a_run_is_not_deleted_before_its_callback_was_told_and_its_record_says_so(
    world: World,
) -> None:
    world.ends(a_run().with_callback())
    sending = world.sender.calls.hold("send")

    async with world.engine(kept=timedelta(0)) as engine:
        await until(lambda: world.sender.attempts)
        engine.run_seen(world.runs.by_key[KEY])  # as a watch tells of each write
        await until(lambda: not engine.queue.longest_hold() and not len(engine.queue))
        assert KEY in world.runs.by_key
        sending.set()
        await until(world.settled)
        engine.run_seen(world.runs.by_key[KEY])
        await until(lambda: KEY not in world.runs.by_key)

    record = Record.from_json(world.objects.stored[RECORD])
    assert record.run.status.callback
    assert record.run.status.callback.deliveries[0].delivered_at


async def test_a_callback_that_nothing_can_reach_is_given_up_at_once(world: World) -> None:
    world.ends(a_run().with_callback())
    world.sender.calls.fail("send", Rejected("The URL must not lead to 10.0.0.1."))

    async with world.engine():
        await until(world.settled)

    (told,) = world.deliveries
    assert told.given_up_at
    assert told.message == "The URL must not lead to 10.0.0.1."


async def test_where_webhooks_are_off_that_is_said(world: World) -> None:
    world.ends(a_run().with_callback())
    world.webhooks = False

    async with world.engine():
        await until(world.settled)

    (told,) = world.deliveries
    assert told.given_up_at
    assert told.message == "Webhooks are off: the controller has no key to sign them with."


async def test_a_fault_of_ours_is_a_failure_like_any_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.ends(a_run().with_callback())
    world.sender.calls.fail("send", ZeroDivisionError())

    async with world.engine():
        await until(world.settled)

    assert world.deliveries[0].delivered_at
    assert "call-7: Succeeded not delivered" in caplog.text


async def test_it_is_told_while_the_record_cannot_be_stored(world: World) -> None:
    unarchived = a_run().in_phase(Phase.FAILED, finished_at=NOW).owing(a_delivery())
    world.runs.put(unarchived)
    world.objects.away = True

    async with world.engine():
        await until(world.settled)

    assert world.deliveries[0].delivered_at
