"""What is told of runs: each end once, by whoever wrote it, in labels whose number is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from taskyard.api.reasons import Phase, Reason
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import Backoff, Retries
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.metrics.controller import ControllerMetrics
from taskyard_operator.metrics.engine import EngineGauges
from taskyard_operator.ports import Conflict, Key, Unavailable
from tests.core.builders import CREATED, STARTED, a_run, a_service, an_attempt
from tests.engine.world import (
    Calls,
    MemoryLauncher,
    MemoryObjects,
    MemoryRuns,
    clock_of_the_builders,
    until,
)

from .scraping import Scrape

KEY = Key("team", "call-7")
TASK = {"namespace": "team", "service": "summarizer", "task": "summarize"}


@dataclass
class Yard:
    """A controller's engine with its metrics, on ports that outlive it."""

    runs: MemoryRuns
    launcher: MemoryLauncher
    most_label_sets: int = 10
    clock: Clock = field(default_factory=clock_of_the_builders)
    registry: CollectorRegistry = field(init=False)
    engine: Engine = field(init=False)
    task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start a controller; one that worked before is gone."""
        await self.end()
        self.registry = CollectorRegistry()
        metrics = ControllerMetrics(self.registry, self.most_label_sets)
        objects = MemoryObjects(self.runs.calls)
        settings = EngineSettings(workers=2, resync_seconds=3600, retry_delays=(0.001, 0.01))
        self.engine = Engine(
            self.runs, self.launcher, objects, settings, observer=metrics, clock=self.clock
        )
        self.registry.register(EngineGauges(self.engine))
        self.task = asyncio.create_task(self.engine.run())
        await until(lambda: self.engine.why_stale() is None)

    async def end(self) -> None:
        if self.task:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    def scrape(self) -> Scrape:
        return Scrape.of_registry(self.registry)

    def submit(self, run: TaskRun) -> None:
        self.engine.run_seen(self.runs.put(run))

    def become(self, key: Key, attempt: Attempt) -> None:
        self.launcher.put(key, attempt)
        self.engine.attempt_seen(key, attempt)

    async def ends(self, key: Key = KEY) -> None:
        await until(lambda: self.runs.by_key[key].status.terminal)
        await until(lambda: key not in self.engine.queue._working)

    async def goes_well(self, run: TaskRun) -> None:
        """A run that is seen, started, and succeeds."""
        key, name = Key.of(run), run.metadata.name
        self.submit(run)
        await until(lambda: (key, 1) in self.launcher.there)
        done = an_attempt().succeeded()
        self.become(key, replace(done, owner=run.metadata.uid, job=f"{name}-1"))
        await self.ends(key)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    calls = Calls()
    runs, launcher = MemoryRuns(calls), MemoryLauncher(calls)
    runs.of_service[Key("team", "summarizer")] = a_service()
    yard = Yard(runs, launcher)
    await yard.begin()
    yield yard
    await yard.end()


async def test_a_run_that_goes_well_counts_once_with_its_attempt(yard: Yard) -> None:
    await yard.goes_well(a_run())

    told = yard.scrape()
    assert told.samples("taskyard_runs_total") == [
        (TASK | {"phase": "Succeeded", "reason": "Succeeded"}, 1)
    ]
    assert told.samples("taskyard_attempts_total") == [(TASK | {"reason": "Succeeded"}, 1)]


async def test_its_stages_are_measured(yard: Yard) -> None:
    yard.submit(a_run())
    await until(lambda: yard.launcher.there)
    admitted = CREATED + timedelta(seconds=7)
    yard.become(KEY, replace(an_attempt().succeeded(), admitted_at=admitted))
    await yard.ends()

    told = yard.scrape()
    sums = {
        stage: told.value(f"taskyard_{stage}_seconds_sum", **TASK)
        for stage in ("run_queue", "run_start", "run")
    }
    assert sums == {
        "run_queue": 7,
        "run_start": (STARTED - admitted).total_seconds(),
        "run": 20,
    }
    assert told.value("taskyard_run_seconds_bucket", le="10.0") == 0
    assert told.value("taskyard_run_seconds_bucket", le="30.0") == 1
    assert told.value("taskyard_run_seconds_bucket", le="86400.0") == 1


async def test_every_attempt_counts_for_its_reason_and_the_run_for_its_last(yard: Yard) -> None:
    again = Retries(limit=1, backoff=Backoff(initial=1, factor=1, max=1))
    service = a_service().having(retries=again)
    yard.runs.of_service[Key("team", "summarizer")] = service
    yard.engine.service_seen(service)
    yard.submit(a_run())
    await until(lambda: (KEY, 1) in yard.launcher.there)
    yard.become(KEY, an_attempt().failed(Reason.OUT_OF_MEMORY))
    await until(lambda: (KEY, 2) in yard.launcher.there)
    yard.become(KEY, replace(an_attempt().failed(Reason.TASK_ERROR), number=2, job="call-7-2"))
    await yard.ends()

    told = yard.scrape()
    assert told.value("taskyard_attempts_total", **TASK, reason="OutOfMemory") == 1
    assert told.value("taskyard_attempts_total", **TASK, reason="TaskError") == 1
    assert told.samples("taskyard_runs_total") == [
        (TASK | {"phase": "Failed", "reason": "TaskError"}, 1)
    ]


async def test_an_end_that_is_seen_again_and_again_counts_once(yard: Yard) -> None:
    await yard.goes_well(a_run())

    for _ in range(5):
        yard.engine.run_seen(yard.runs.by_key[KEY])
        await until(lambda: len(yard.engine.queue) == 0)
        await yard.engine.resync()
    await yard.ends()

    assert yard.scrape().value("taskyard_runs_total") == 1
    assert yard.scrape().value("taskyard_attempts_total") == 1


async def test_a_new_process_does_not_count_what_one_before_it_has_ended(yard: Yard) -> None:
    await yard.goes_well(a_run())
    await yard.begin()
    await yard.goes_well(a_run().named("next").with_uid("next"))

    told = yard.scrape()
    assert told.value("taskyard_runs_total") == 1
    assert told.value("taskyard_runs_present", phase="Succeeded") == 2


async def test_an_end_that_could_not_be_written_does_not_count(yard: Yard) -> None:
    yard.runs.calls.fail("write_status", Unavailable("away"), Conflict("changed"))

    await yard.goes_well(a_run())

    told = yard.scrape()
    assert told.value("taskyard_runs_total") == 1
    assert told.value("taskyard_reconcile_errors_total", error="Unavailable") == 1
    assert told.value("taskyard_reconcile_errors_total", error="Conflict") == 1


async def test_a_fault_of_ours_is_told_apart(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    yard.runs.calls.fail("start", ValueError("a bug"))

    await yard.goes_well(a_run())

    told = yard.scrape()
    assert told.samples("taskyard_reconcile_errors_total") == [({"error": "Fault"}, 1)]
    assert told.value("taskyard_reconcile_seconds_count") >= 3
    assert "after a fault" in caplog.text


async def test_names_that_no_service_has_are_no_labels(yard: Yard) -> None:
    yard.submit(a_run().named("a").calling("summarize", of="made-up").cancelled())
    yard.submit(a_run().named("b").calling("made-up").cancelled())
    await yard.ends(Key("team", "a"))
    await yard.ends(Key("team", "b"))

    labels = [found for found, _ in yard.scrape().samples("taskyard_runs_total")]
    assert [(each["service"], each["task"]) for each in labels] == [("", ""), ("summarizer", "")]


async def test_tasks_beyond_the_bound_are_counted_together(yard: Yard) -> None:
    yard.most_label_sets = 2
    await yard.begin()
    for name in "abcd":
        service = a_service().named(name)
        yard.runs.of_service[Key("team", name)] = service
        yard.engine.service_seen(service)
        await yard.goes_well(a_run().named(name).with_uid(name).calling("summarize", of=name))
    await yard.goes_well(a_run().named("e").with_uid("e").calling("summarize", of="a"))

    told = yard.scrape()
    assert told.value("taskyard_runs_total", service="a") == 2
    assert told.value("taskyard_runs_total", service="b") == 1
    assert told.value("taskyard_runs_total", namespace="other", service="other", task="other") == 2
    assert len(told.samples("taskyard_run_seconds_count")) == 3


async def test_runs_that_exist_are_told_by_phase(yard: Yard) -> None:
    yard.submit(a_run())
    await until(lambda: yard.launcher.there)
    yard.become(KEY, an_attempt().running())
    await until(lambda: yard.runs.by_key[KEY].status.phase == Phase.RUNNING)
    yard.runs.calls.hold("start")
    yard.submit(a_run().named("next").with_uid("next"))

    told = {
        labels["phase"]: value for labels, value in yard.scrape().samples("taskyard_runs_present")
    }
    assert told == dict.fromkeys(Phase, 0) | {Phase.RUNNING: 1, Phase.QUEUED: 1}


async def test_work_that_waits_is_told_with_its_age(yard: Yard) -> None:
    yard.runs.calls.hold("start")
    for name in "abcde":
        yard.submit(a_run().named(name).with_uid(name))
    await until(lambda: yard.runs.calls.count["start"] == 2)

    told = yard.scrape()
    assert told.value("taskyard_queue_depth") == 3
    assert 0 < told.value("taskyard_queue_oldest_seconds") < 60
    assert 0 < told.value("taskyard_longest_look_seconds") < 60


async def test_a_watch_tells_when_it_brought_something_last(yard: Yard) -> None:
    assert yard.scrape().samples("taskyard_watch_silence_seconds") == []

    yard.engine.watches.heard("pods")

    ((labels, seconds),) = yard.scrape().samples("taskyard_watch_silence_seconds")
    assert labels == {"resource": "pods"}
    assert 0 <= seconds < 60
