"""Progress of running tasks is read now and then, and told in their status."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import Progress, TaskRun
from taskyard_operator.core.keys import progress_key
from taskyard_operator.core.progress import ProgressSettings
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key
from tests.core.builders import AnAttempt, ARun, a_run, a_service, an_attempt

from .world import (
    Calls,
    MemoryLauncher,
    MemoryObjects,
    MemoryRuns,
    clock_of_the_builders,
    running,
    until,
)

KEY = Key("team", "call-7")
RUNNING = an_attempt().running()
STREAM = progress_key(*KEY, 1)
INTERVAL = 0.05
NEVER_TWICE = ProgressSettings(interval=INTERVAL, reads_per_second=1e6)


@dataclass
class World:
    """The engine on ports in memory; time is real, and the interval short."""

    settings: ProgressSettings

    def __post_init__(self) -> None:
        self.calls = Calls()
        self.runs, self.launcher = MemoryRuns(self.calls), MemoryLauncher(self.calls)
        self.objects = MemoryObjects(self.calls)
        self.runs.of_service[Key("team", "summarizer")] = a_service()
        self.clock = clock_of_the_builders()

    @property
    def run(self) -> TaskRun:
        return self.runs.by_key[KEY]

    @property
    def told(self) -> list[Progress | None]:
        """What the statuses that were written say."""
        return [status.progress for status in self.runs.written]

    @property
    def reads(self) -> int:
        return self.calls.count["get_end"]

    def says(self, fraction: float) -> None:
        line = b'{"fraction": %f}\n' % fraction
        self.objects.stored[STREAM] = self.objects.stored.get(STREAM, b"") + line

    def begin(self, run: ARun, attempt: AnAttempt = RUNNING) -> None:
        """A run that runs already when the engine starts."""
        name = run.metadata.name
        self.runs.put(run.saying_of(attempt))
        self.launcher.put(Key("team", name), attempt)

    def running(self) -> AbstractAsyncContextManager[Engine]:
        settings = EngineSettings(workers=2, resync_seconds=3600, progress=self.settings)
        ports = self.runs, self.launcher, self.objects
        return running(Engine(*ports, settings, clock=self.clock))


@pytest.fixture
def world() -> World:
    return World(NEVER_TWICE)


async def test_what_a_task_says_reaches_its_status(world: World) -> None:
    world.begin(a_run())
    async with world.running():
        world.says(0.25)
        await until(lambda: world.told == [Progress(fraction=0.25)])
        world.says(0.5)
        await until(lambda: world.told == [Progress(fraction=0.25), Progress(fraction=0.5)])


async def test_a_task_that_says_nothing_new_costs_no_write(world: World) -> None:
    world.begin(a_run())
    world.says(0.25)
    async with world.running():
        await until(lambda: world.reads > 5)

    assert world.told == [Progress(fraction=0.25)]


async def test_a_run_is_not_read_more_often_than_the_interval_says(world: World) -> None:
    world.begin(a_run())
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with world.running() as engine:
        while world.reads < 5:
            world.says(world.reads / 10)
            engine.attempt_seen(KEY, RUNNING)  # whatever else happens to the run
            await asyncio.sleep(0.001)

    assert loop.time() - begun >= 5 * INTERVAL
    assert len(world.told) <= world.reads


async def test_only_what_runs_is_read(world: World) -> None:
    world.begin(a_run())
    world.begin(a_run().named("waits").with_uid("other"), an_attempt().of_run("other"))
    async with world.running() as engine:
        await until(lambda: world.reads > 1)
        engine.attempt_seen(KEY, RUNNING.succeeded())
        await until(lambda: world.run.status.phase == Phase.SUCCEEDED)
        await asyncio.sleep(2 * INTERVAL)
        reads = world.reads
        world.says(0.25)
        await asyncio.sleep(4 * INTERVAL)

        assert world.reads == reads
    assert world.run.status.progress is None


async def test_what_many_tasks_say_is_read_at_a_bounded_rate() -> None:
    world = World(ProgressSettings(interval=INTERVAL, reads_per_second=20))
    loop = asyncio.get_running_loop()
    times: list[float] = []
    for number in range(50):
        run = a_run().named(f"call-{number}").with_uid(f"uid-{number}")
        world.begin(run, RUNNING.of_run(f"uid-{number}"))

    async with world.running():
        while len(times) < 15:
            while world.reads > len(times):
                times.append(loop.time())
            await asyncio.sleep(0)

    assert times[-1] - times[0] >= 0.9 * 14 / 20
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert sorted(gaps)[len(gaps) // 2] > 0.025, "one by one, and not in bursts"


async def test_a_store_that_is_away_is_told_once_and_disturbs_no_run(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.begin(a_run())
    world.says(0.25)
    world.objects.away = True
    async with world.running():
        await until(lambda: world.reads > 3)
        world.objects.away = False
        await until(lambda: world.told == [Progress(fraction=0.25)])

    lines = [record.getMessage() for record in caplog.records if "progress" in record.message]
    assert lines == [
        "progress cannot be read for now: the store is away",
        "progress can be read again",
    ]


async def test_a_new_run_of_the_same_name_does_not_get_what_the_old_one_said(world: World) -> None:
    world.begin(a_run())
    world.says(0.25)
    async with world.running() as engine:
        await until(lambda: world.told)
        del world.objects.stored[STREAM]
        engine.run_gone(KEY)
        again = RUNNING.of_run("another")
        world.launcher.put(KEY, again)
        engine.attempt_seen(KEY, again)
        engine.run_seen(world.runs.put(a_run().with_uid("another")))
        await until(lambda: len(world.told) > 1)

    assert world.told[1:] == [None]


async def test_progress_can_be_left_unread() -> None:
    world = World(ProgressSettings(interval=0))
    world.begin(a_run())
    world.says(0.25)
    async with world.running() as engine:
        await until(lambda: engine.why_stale() is None)
        await asyncio.sleep(2 * INTERVAL)

    assert world.reads == 0
