"""Runs that have ended, and the surroundings of an engine, which outlive it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import StoredObject, TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import Retention, RetentionSettings
from taskyard_operator.core.status import archived_status
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running

NOW = datetime.now(UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
KEPT = RetentionSettings(
    defaults=Retention(task_run=DAY, result=7 * DAY), archive_patience=2 * SECOND
)


def a_run(name: str = "call", *, uses: str | None = None) -> TaskRun:
    """A run that nobody has looked at yet."""
    key = f"team/{uses}/input"
    stored = StoredObject(key=key, size=5, sha256="ab" * 32) if uses else None
    return TaskRun(
        metadata=Metadata(
            name=name,
            namespace="team",
            uid=f"uid-of-{name}",
            resource_version="1",
            creation_timestamp=NOW - DAY,
        ),
        spec=TaskRunSpec(
            service="studio",
            task="paint",
            input=TaskInput(object=stored) if stored else TaskInput(inline={}),
            retry_of=uses,
        ),
    )


def finished(
    name: str = "call", *, ago: timedelta = SECOND, archived: bool = True, uses: str | None = None
) -> TaskRun:
    """A run that has failed some time ago."""
    run = a_run(name, uses=uses)
    at = (NOW - ago).replace(microsecond=0)
    status = TaskRunStatus(phase=Phase.FAILED, reason="TaskError", finished_at=at)
    if archived:
        status = archived_status(run, status, at + 7 * DAY)
    return run.model_copy(update={"status": status})


def an_attempt_that_lingers(run: TaskRun) -> Attempt:
    """It was stopped, and its container may still run."""
    job = f"{run.metadata.name}-1"
    return Attempt(1, run.metadata.uid, job, Stage.RUNNING, stopping=True, pod="p")


@dataclass
class Place:
    """An engine's surroundings, which outlive it."""

    calls: Calls
    runs: MemoryRuns
    launcher: MemoryLauncher
    objects: MemoryObjects

    @classmethod
    def with_runs(cls, *runs: TaskRun) -> Place:
        calls = Calls()
        return cls(calls, MemoryRuns(calls, *runs), MemoryLauncher(calls), MemoryObjects(calls))

    def attempt_ends(self, run: TaskRun) -> datetime:
        """The first attempt of a run has just failed; returns when."""
        now = datetime.now(UTC)
        ending = Ending(Phase.FAILED, "TaskError", "it raised")
        attempt = Attempt(
            1,
            run.metadata.uid,
            f"{run.metadata.name}-1",
            Stage.ENDED,
            pod="p",
            started_at=now - 9 * SECOND,
            finished_at=now,
            ending=ending,
        )
        self.launcher.put(Key.of(run), attempt)
        return now

    def status(self, name: str = "call") -> TaskRunStatus:
        return self.runs.by_key[Key("team", name)].status

    def record(self, name: str = "call") -> Record:
        return Record.from_json(self.objects.stored[f"team/{name}/record"])

    def controller(self, settings: RetentionSettings = KEPT) -> AbstractAsyncContextManager[Engine]:
        """An engine that runs, and sees each status that it writes as a watch would."""
        own = EngineSettings(workers=4, resync_seconds=0.2, retention=settings)
        return running(Engine(self.runs, self.launcher, self.objects, own))
