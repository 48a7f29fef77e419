"""One of several namespaces may not be listed: it is left out, and the others are served."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.expiry import INDEX
from taskyard_operator.core.retention import RetentionSettings
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key, NotPermitted
from tests.core.builders import NOW, a_delivery, a_run, a_service

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

OURS, THEIRS = Key("team", "call-7"), Key("other", "call-7")
HOUR = 3600.0


@dataclass
class Cluster:
    """Namespaces with a service each, and an engine that is to serve them all."""

    calls: Calls = field(default_factory=Calls)
    resync_seconds: float = 0.02
    max_concurrent: int | None = None
    namespaces: Sequence[str] = (OURS.namespace, THEIRS.namespace)

    def __post_init__(self) -> None:
        self.runs, self.launcher = MemoryRuns(self.calls), MemoryLauncher(self.calls)
        self.objects = MemoryObjects(self.calls)
        for namespace in self.namespaces:
            service = a_service()
            self.runs.of_service[Key(namespace, service.metadata.name)] = service.model_copy(
                update={"metadata": service.metadata.model_copy(update={"namespace": namespace})}
            )
        settings = EngineSettings(
            workers=2,
            resync_seconds=self.resync_seconds,
            namespaces=self.namespaces,
            max_concurrent=self.max_concurrent,
            retention=RetentionSettings(sweep_interval=timedelta(seconds=0.01)),
        )
        self.clock, self.sender = clock_of_the_builders(), MemorySender(self.calls)
        ports = self.runs, self.launcher, self.objects
        self.engine = Engine(*ports, settings, sender=self.sender, clock=self.clock)

    def create(self, key: Key) -> TaskRun:
        """Somebody makes a run, and the watch tells of it."""
        run = self.runs.put(a_run().named(key.name).in_namespace(key.namespace))
        self.engine.run_seen(run)
        return run

    def started(self, key: Key) -> bool:
        return (key, 1) in self.launcher.there

    async def loses_theirs(self) -> None:
        """Their namespace may not be listed any more; wait until nothing is known of it."""
        self.runs.closed.add("other")
        await until(lambda: self.engine.cache.run(THEIRS) is None)

    async def listed_by(self, engine: Engine) -> None:
        """Have all listed at once, and wait for that."""
        before = self.calls.count["runs"]
        engine.list_again()
        await until(lambda: self.calls.count["runs"] == before + len(self.namespaces))

    async def listed_anew(self) -> None:
        """Wait until two more listings have begun, so that one was whole."""
        before = self.calls.count["runs"]
        await until(lambda: self.calls.count["runs"] >= before + 4)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


async def test_the_others_are_served_from_the_start(cluster: Cluster) -> None:
    cluster.runs.closed.add("other")
    async with running(cluster.engine) as engine:
        cluster.create(OURS)
        await until(lambda: cluster.started(OURS))

        assert engine.why_stale() is None


async def test_nothing_is_decided_there_by_what_a_watch_still_brings() -> None:
    cluster = Cluster(resync_seconds=HOUR)
    cluster.runs.closed.add("other")
    async with running(cluster.engine) as engine:
        await until(lambda: engine.namespaces.refused)
        for service in cluster.runs.of_service.values():
            engine.service_seen(service)
        cluster.create(THEIRS)
        cluster.create(OURS)
        await until(lambda: cluster.started(OURS))

        assert not cluster.started(THEIRS)
        assert cluster.runs.by_key[THEIRS].status.phase is None


async def test_it_is_served_once_it_may_be_listed(cluster: Cluster) -> None:
    cluster.runs.closed.add("other")
    cluster.runs.put(a_run().in_namespace("other"))
    async with running(cluster.engine):
        await cluster.listed_anew()
        cluster.runs.closed.clear()

        await until(lambda: cluster.started(THEIRS))


async def test_it_is_tried_again_long_before_the_next_listing_is_due() -> None:
    cluster = Cluster(resync_seconds=HOUR)
    cluster.runs.closed.add("other")
    cluster.runs.put(a_run().in_namespace("other"))
    async with running(cluster.engine):
        await until(lambda: cluster.calls.count["runs"] == 2)
        cluster.runs.closed.clear()

        await until(lambda: cluster.started(THEIRS))


async def test_that_another_one_is_refused_for_long_does_not_have_it_wait_for_long() -> None:
    cluster = Cluster(resync_seconds=HOUR, namespaces=("team", "other", "third"))
    cluster.runs.closed.add("other")
    async with running(cluster.engine) as engine:
        for _ in range(5):
            await cluster.listed_by(engine)
        cluster.runs.closed.add("third")
        await cluster.listed_by(engine)
        await until(lambda: engine.namespaces.refused == {"other", "third"})
        cluster.runs.closed.remove("third")

        await until(lambda: engine.namespaces.serves("third"))


async def test_what_was_known_of_it_is_forgotten_and_found_again(cluster: Cluster) -> None:
    async with running(cluster.engine) as engine:
        cluster.create(THEIRS)
        await until(lambda: cluster.started(THEIRS))
        await cluster.loses_theirs()
        assert engine.cache.begin_listing("other") == (set(), set(), set())

        cluster.runs.closed.clear()
        await until(lambda: engine.cache.run(THEIRS) is not None)
        await until(lambda: engine.cache.attempts(THEIRS))

    assert cluster.calls.count["start"] == 1


async def test_a_callback_that_was_due_meanwhile_is_told_once_it_is_served_again(
    cluster: Cluster,
) -> None:
    soon = NOW + timedelta(seconds=0.5)
    ended = a_run().in_namespace("other").in_phase(Phase.SUCCEEDED, finished_at=NOW)
    waits = a_delivery(attempts=1, next_attempt_at=soon)
    cluster.runs.put(ended.owing(waits).archived())
    async with running(cluster.engine) as engine:
        await until(lambda: THEIRS in engine.queue)
        await cluster.loses_theirs()
        await until(lambda: cluster.clock() > soon + timedelta(seconds=0.1))
        assert cluster.sender.attempts == 0

        cluster.runs.closed.clear()
        await until(lambda: cluster.sender.delivered)


async def test_its_runs_are_not_taken_for_deleted(cluster: Cluster) -> None:
    async with running(cluster.engine):
        cluster.create(THEIRS)
        await until(lambda: cluster.started(THEIRS))
        await cluster.loses_theirs()
        passes = cluster.calls.count["list_folders"]
        await until(lambda: cluster.calls.count["list_folders"] >= passes + 2)

    assert [key for key in cluster.objects.stored if key.startswith(INDEX)] == []


async def test_it_is_told_once_that_it_is_not_served_and_that_it_is_again(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cluster.runs.closed.add("other")
    async with running(cluster.engine) as engine:
        for _ in range(3):
            await cluster.listed_anew()
            engine.watch_failed("pods", "other", NotPermitted("pods are not for you"))
        cluster.runs.closed.clear()
        await until(lambda: engine.namespaces.serves("other"))

    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert len(told) == 2
    assert "taskruns in other are not for you" in told[0]
    assert "controller.namespaces" in told[0]
    assert told[1] == "namespace other is served again"


async def test_that_a_watch_was_behind_there_is_no_reason_to_begin_anew(cluster: Cluster) -> None:
    async with running(cluster.engine) as engine:
        await cluster.listed_anew()
        for namespace in ("team", "other"):
            engine.watch_heard(TaskService.PLURAL, namespace)
        assert not engine.watches.missed()
        cluster.runs.put(a_run().in_namespace("other"))  # and no watch tells of it
        await until(engine.watches.missed)
        cluster.runs.closed.add("other")

        await until(lambda: not engine.watches.missed())


async def test_that_all_is_new_once_it_is_served_again_is_no_fault_of_its_watches(
    cluster: Cluster,
) -> None:
    """That of services has gone on, and brings nothing, for as long as nobody changes one."""
    async with running(cluster.engine) as engine:
        await until(lambda: engine.namespaces.serves("other"))
        for namespace in ("team", "other"):
            engine.watch_heard(TaskService.PLURAL, namespace)
        cluster.runs.closed.add("other")
        await until(lambda: engine.namespaces.refused)
        cluster.runs.closed.clear()
        await until(lambda: engine.namespaces.serves("other"))

        assert not engine.watches.missed()


async def test_where_none_may_be_listed_nothing_is_forgotten_and_the_listing_has_failed() -> None:
    cluster = Cluster()
    cluster.create(OURS)
    cluster.runs.closed |= {"team", "other"}
    with pytest.raises(NotPermitted, match="team"):
        await cluster.engine.resync()

    assert cluster.engine.cache.run(OURS)
    assert cluster.engine.namespaces.refused == set()


async def test_a_run_that_is_looked_at_while_its_namespace_is_lost_leaves_nothing_behind() -> None:
    cluster = Cluster(resync_seconds=HOUR)
    started = cluster.calls.hold("start")
    async with running(cluster.engine) as engine:
        cluster.create(THEIRS)
        await until(lambda: cluster.calls.count["start"])
        cluster.runs.closed.add("other")
        await cluster.listed_by(engine)
        await until(lambda: engine.cache.run(THEIRS) is None)
        started.set()
        await until(lambda: cluster.started(THEIRS) and not engine.queue.load)
        assert engine.cache.run(THEIRS) is None

        cluster.runs.closed.clear()
        engine.list_again()
        await until(lambda: engine.cache.attempts(THEIRS))


async def test_a_run_that_is_being_started_meanwhile_has_its_place_when_it_is_found_again() -> None:
    cluster = Cluster(max_concurrent=1)
    started = cluster.calls.hold("start")
    async with running(cluster.engine) as engine:
        cluster.create(THEIRS)
        await until(lambda: cluster.calls.count["start"])
        await cluster.loses_theirs()
        cluster.runs.put(a_run().named("before").with_uid("before").in_namespace("other"))
        cluster.runs.closed.clear()
        await until(lambda: engine.cache.run(THEIRS) is not None)
        await cluster.listed_anew()
        started.set()
        await until(lambda: cluster.runs.by_key[Key("other", "before")].status.message)

    assert cluster.launcher.there.keys() == {(THEIRS, 1)}
