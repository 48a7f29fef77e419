"""Limits on how many runs have an attempt at once, as the whole engine keeps them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Ending, Stage
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Conflict, Key, PortError, Rejected, Unanswered
from tests.core.builders import NOW, AService, a_run, a_service

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running, until


@dataclass
class World:
    """What outlives a controller: the runs, their attempts, and the object store."""

    limit: int | None = None

    def __post_init__(self) -> None:
        self.calls = Calls()
        self.runs, self.launcher = MemoryRuns(self.calls), MemoryLauncher(self.calls)
        self.new_engine()

    @property
    def started(self) -> list[str]:
        """The runs with an attempt that has not ended, by name."""
        there = self.launcher.there.items()
        return sorted(key.name for (key, _), attempt in there if not attempt.ending)

    def says(self, name: str) -> tuple[str | None, str | None]:
        """Reason and message of a run."""
        status = self.runs.by_key[Key("team", name)].status
        return status.reason, status.message

    def create(
        self, name: str, *, of: str = "summarizer", priority: int | None = None, age: int = 0
    ) -> None:
        run = a_run().named(name).with_uid(f"uid-{name}").made(NOW - timedelta(seconds=age))
        run = run.calling("summarize", of=of)
        self.engine.run_seen(self.runs.put(run._spec(priority=priority)))

    def put_service(self, service: AService) -> None:
        self.runs.of_service[Key("team", "summarizer")] = service
        self.engine.service_seen(service)

    def finish(self, name: str) -> None:
        """The attempt of a run fails, for good."""
        key = Key("team", name)
        ending = Ending(Phase.FAILED, message="It did not work.")
        ended = replace(self.launcher.there[key, 1], pod=f"{name}-1-x", ending=ending)
        self.launcher.put(key, ended)
        self.engine.attempt_seen(key, ended)

    def new_engine(self) -> None:
        """A controller that knows nothing yet."""
        settings = EngineSettings(workers=4, resync_seconds=3600, max_concurrent=self.limit)
        ports = self.runs, self.launcher, MemoryObjects(self.calls)
        self.engine = Engine(*ports, settings, clock=lambda: NOW)

    def running(self) -> AbstractAsyncContextManager[Engine]:
        return running(self.engine)

    async def starts(self, names: Sequence[str]) -> None:
        await until(lambda: self.started == sorted(names))


LIMITED = a_service().in_queue(max_concurrent=2)


@pytest.fixture
def world() -> World:
    return World()


async def test_two_run_and_the_others_follow_in_order_as_places_become_free(world: World) -> None:
    world.put_service(LIMITED)
    async with world.running():
        for number in range(5):
            world.create(f"r{number}", age=10 - number)
        await world.starts(["r0", "r1"])
        await until(lambda: all(world.says(name)[0] for name in ("r2", "r3", "r4")))
        assert world.says("r4") == (
            "ConcurrencyLimit",
            "Service summarizer may have 2 runs at a time; this one is number 3 in line.",
        )
        world.finish("r1")
        await world.starts(["r0", "r2"])
        world.finish("r0")
        await world.starts(["r2", "r3"])


async def test_after_a_restart_no_more_start_and_the_first_in_line_is_still_the_first(
    world: World,
) -> None:
    world.put_service(LIMITED)
    async with world.running():
        world.create("old-1", age=10)
        world.create("old-2", age=9)
        await world.starts(["old-1", "old-2"])
    world.create("aaa")
    world.create("urgent", priority=5)
    world.create("zzz", age=5)

    world.new_engine()
    async with world.running():
        await until(lambda: all(world.says(name)[0] for name in ("aaa", "urgent", "zzz")))
        assert world.started == ["old-1", "old-2"]
        world.finish("old-1")
        await world.starts(["old-2", "urgent"])
        world.finish("old-2")
        await world.starts(["urgent", "zzz"])


async def test_who_finds_free_places_after_a_restart_gives_them_by_rank(world: World) -> None:
    world.put_service(LIMITED)
    for name, priority, age in (("a", None, 1), ("b", None, 3), ("c", 1, 0), ("d", None, 2)):
        world.create(name, priority=priority, age=age)

    world.new_engine()
    async with world.running():
        await world.starts(["b", "c"])


async def test_a_limit_of_the_namespace_holds_for_all_services(world: World) -> None:
    world.limit = 3
    world.new_engine()
    world.put_service(a_service())
    async with world.running():
        for number in range(5):
            world.create(f"r{number}", age=10 - number)
        await world.starts(["r0", "r1", "r2"])
        await until(lambda: world.says("r4")[0])
        assert world.says("r4")[1] == (
            "Namespace team may have 3 runs at a time; this one is number 2 in line."
        )


async def test_a_suspended_service_goes_on_when_it_is_resumed(world: World) -> None:
    world.put_service(LIMITED)
    async with world.running():
        world.create("running", age=9)
        await world.starts(["running"])
        world.put_service(LIMITED.having(suspend=True))
        for name, age in (("first", 8), ("second", 7)):
            world.create(name, age=age)
        await until(lambda: world.says("second")[0] == "Suspended")
        assert world.started == ["running"]
        world.put_service(LIMITED)
        await world.starts(["first", "running"])


@pytest.mark.parametrize("how", ["deleted", "cancelled"])
async def test_a_run_that_goes_while_it_waits_makes_room_for_those_behind_it(
    world: World, how: str
) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    async with world.running():
        for number in range(3):
            world.create(f"r{number}", age=10 - number)
        await world.starts(["r0"])
        await until(lambda: world.says("r1")[0])
        waiting = world.runs.by_key[Key("team", "r1")]
        if how == "deleted":
            await world.runs.delete(waiting)
            world.engine.run_gone(Key("team", "r1"))
        else:
            world.engine.run_seen(await world.runs.request_cancel(waiting))
            await until(lambda: world.says("r1")[0] == "Cancelled")
        world.finish("r0")
        await world.starts(["r2"])


async def test_many_runs_in_a_line_that_moves_cost_few_writes(world: World) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    async with world.running():
        for number in range(100):
            world.create(f"r{number:02}", age=1000 - number)
        await until(lambda: all(world.says(f"r{n:02}")[0] for n in range(1, 100)))
        for number in range(20):
            await world.starts([f"r{number:02}"])
            world.finish(f"r{number:02}")
        await world.starts(["r20"])
        # The clock stands: each run was told its position once, and each that ended, its end.
        assert world.calls.count["write_status"] == 99 + 20


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Rejected("a webhook says no"), "ServiceInvalid"),
        (Conflict("something is in the way"), "ContainerCreating"),
    ],
    ids=["refused", "in the way of something"],
)
async def test_a_run_whose_job_is_not_made_keeps_its_place_from_nobody(
    world: World, why: PortError, said: str
) -> None:
    world.limit = 1
    world.new_engine()
    world.put_service(a_service())
    start = world.launcher.start

    async def refusing(run: TaskRun, *rest: Any) -> None:
        if run.metadata.name == "bad":
            raise why
        await start(run, *rest)

    world.launcher.start = refusing  # type: ignore[assignment, method-assign]
    async with world.running():
        world.create("bad", age=9)
        await until(lambda: world.says("bad") == (said, str(why)))
        world.create("good")
        await world.starts(["good"])


async def test_a_start_whose_answer_is_lost_keeps_its_place(world: World) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    world.calls.fail("start", Unanswered("the answer is lost"))
    async with world.running():
        world.create("first", age=9)
        await until(lambda: world.calls.count["start"])
        world.create("second")
        await world.starts(["first"])
        await until(lambda: world.says("second")[0] == "ConcurrencyLimit")
        assert world.started == ["first"]


async def test_whose_turn_has_come_and_who_goes_first_leaves_it_to_the_next(world: World) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    async with world.running():
        for number in range(3):
            world.create(f"r{number}", age=10 - number)
        await world.starts(["r0"])
        await until(lambda: world.says("r1")[0] and world.says("r2")[0])
        next_one = world.runs.by_key[Key("team", "r1")]
        # Both in one step: the look at r1, whose turn has come, finds it cancelled.
        world.engine.run_seen(await world.runs.request_cancel(next_one))
        world.finish("r0")
        await world.starts(["r2"])


async def test_a_run_deleted_in_the_middle_of_a_look_that_fails_leaves_no_place_taken(
    world: World,
) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    gate = world.calls.hold("start")
    world.calls.fail("start", Unanswered("the answer is lost"))
    async with world.running():
        world.create("gone", age=9)
        await until(lambda: world.calls.count["start"])
        run = world.runs.by_key[Key("team", "gone")]
        await world.runs.delete(run)
        world.engine.run_gone(Key("team", "gone"))
        gate.set()
        world.create("next")
        await world.starts(["next"])


async def test_a_run_deleted_in_the_middle_of_a_look_that_goes_well_leaves_no_place_taken(
    world: World,
) -> None:
    world.put_service(a_service().in_queue(max_concurrent=1))
    key = Key("team", "gone")
    async with world.running():
        world.create("gone", age=9)
        await world.starts(["gone"])
        gate = world.calls.hold("write_status")
        began = replace(world.launcher.there[key, 1], pod="gone-1-x", stage=Stage.RUNNING)
        world.engine.attempt_seen(key, began)
        await until(lambda: world.calls.count["write_status"])
        world.engine.run_gone(key)
        gate.set()
        world.create("next")
        await until(lambda: "next" in world.started)
