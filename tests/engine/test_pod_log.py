"""The log of an attempt whose runner left no report is saved, if that can be done soon."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from taskyard.api.reasons import Phase, Reason
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.engine import pod_log
from taskyard_operator.engine.pod_log import PodLogs
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import Missing, Unavailable
from tests.core.builders import a_run, an_attempt

from .world import Calls, MemoryLauncher, MemoryObjects

CRASH = Ending(Phase.FAILED, Reason.PROCESS_CRASHED, "it crashed", 139, log_of="task")
LOG = "team/call-7/1/log"


class World:
    """A launcher, a store and a clock."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.objects = MemoryObjects(self.calls)
        self.now = datetime.now(UTC)
        store = StoreGuard(self.objects, lambda: self.now)
        self.logs = PodLogs(MemoryLauncher(self.calls), store, lambda: self.now)

    async def saved(self, ending: Ending = CRASH) -> Attempt:
        return await self.logs.saved(a_run(), an_attempt().ended(ending))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_log_is_put_where_the_runner_would_have_put_it(world: World) -> None:
    attempt = await world.saved()

    assert world.objects.stored[LOG] == b"the log of task"
    assert attempt == an_attempt().ended(replace(CRASH, log_of=None, log_stored=True))


async def test_where_the_runner_stored_a_log_none_is_asked_for(world: World) -> None:
    ending = Ending(Phase.FAILED, Reason.TASK_ERROR, "no", log_stored=True)

    attempt = await world.saved(ending)

    assert attempt.ending == ending
    assert not world.calls.count


@pytest.mark.parametrize("where", ["log", "put_bytes"])
async def test_a_log_that_cannot_be_had_or_stored_is_done_without(world: World, where: str) -> None:
    world.calls.broken[where] = Missing("it is gone")

    attempt = await world.saved()

    assert attempt.ending == replace(CRASH, log_of=None)
    assert not world.objects.stored


async def test_a_log_that_its_runner_stored_before_it_was_gone_is_found(world: World) -> None:
    world.calls.broken["log"] = Missing("the pod is gone")
    world.objects.stored[LOG] = b"all that it said"

    attempt = await world.saved()

    assert attempt.ending == replace(CRASH, log_of=None, log_stored=True)
    assert world.objects.stored[LOG] == b"all that it said"


async def test_a_log_that_is_longer_than_what_can_be_had_of_it_goes_on_and_is_not_replaced(
    world: World,
) -> None:
    world.objects.stored[LOG] = b"all of the many steps, and then the log of"

    attempt = await world.saved()

    assert attempt.ending == replace(CRASH, log_of=None, log_stored=True)
    stored = world.objects.stored[LOG]
    assert stored.startswith(b"all of the many steps, and then the log of")
    assert stored.endswith(b"the log of task")


async def test_a_node_that_does_not_answer_is_waited_for_shortly_and_not_by_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pod_log, "PATIENCE_SECONDS", 0.05)
    world.calls.hold("log")
    async with asyncio.timeout(5):
        first, second = await world.saved(), await world.saved()

    assert first.ending == second.ending == replace(CRASH, log_of=None)
    assert world.calls.count["log"] == 1


async def test_after_a_while_logs_are_asked_for_again(world: World) -> None:
    world.calls.fail("log", Unavailable("the kubelet is away"))
    await world.saved()

    world.now += timedelta(seconds=2)
    attempt = await world.saved()

    assert attempt.ending
    assert attempt.ending.log_stored
