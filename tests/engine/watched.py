"""An engine on our ports in memory, and a watch that tells it what a test makes happen."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key
from tests.core.builders import a_service

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


def a_world(resync_seconds: float = 3600) -> World:
    """The time is that of the builders, and goes on from there."""
    calls = Calls()
    runs, launcher = MemoryRuns(calls), MemoryLauncher(calls)
    runs.of_service[Key("team", "summarizer")] = a_service()
    settings = EngineSettings(workers=2, resync_seconds=resync_seconds, retry_delays=(0.001, 0.01))
    clock = clock_of_the_builders()
    engine = Engine(runs, launcher, MemoryObjects(calls), settings, clock=clock)
    return World(engine, runs, launcher, calls)
