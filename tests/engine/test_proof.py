"""A success is looked up in the object store before it is said."""

import hashlib
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from taskyard.api.reasons import Phase, Reason
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import Backoff, Retries
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.core.retention import RetentionSettings, is_archived
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.proof import SMALL_BYTES
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.ports import Key, Unavailable
from tests.core.builders import AnAttempt, a_run, a_service, an_attempt

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running, until

KEY = Key("team", "call-7")
RESULT = "team/call-7/1/result"
BODY = b"a fine result"
LARGE = bytes(SMALL_BYTES + 1)
PATIENCE = timedelta(seconds=1)
ONCE = a_service().having(retries=Retries(disruptions=0))


def reporting(body: bytes, **fields: object) -> AnAttempt:
    """An attempt that has just ended and says that this is its result."""
    digest = hashlib.sha256(body).hexdigest()
    attempt = an_attempt().reporting_success(size=len(body), sha256=digest, **fields)
    return replace(attempt, finished_at=datetime.now(UTC))


def completed_without_pod() -> Attempt:
    """Its Job says Complete, and its pod is gone."""
    return replace(an_attempt().ended_without_pod(), ending=Ending(Phase.SUCCEEDED))


@dataclass
class World:
    """A run whose attempt has ended, and the ports of the engine."""

    calls: Calls
    runs: MemoryRuns
    launcher: MemoryLauncher
    objects: MemoryObjects

    @property
    def run(self) -> TaskRun:
        return self.runs.by_key[KEY]

    def has(self, attempt: Attempt, stored: bytes | None = None) -> None:
        self.launcher.put(KEY, attempt)
        if stored is not None:
            self.objects.stored[RESULT] = stored

    def engine(self, patience: timedelta = PATIENCE) -> AbstractAsyncContextManager[Engine]:
        retention = RetentionSettings(archive_patience=patience)
        settings = EngineSettings(workers=4, resync_seconds=0.2, retention=retention)
        return running(Engine(self.runs, self.launcher, self.objects, settings))

    async def ends(self, patience: timedelta = PATIENCE) -> None:
        async with self.engine(patience):
            await until(lambda: self.run.status.terminal)


@pytest.fixture
def world() -> World:
    calls = Calls()
    runs = MemoryRuns(calls, a_run().made(datetime.now(UTC)))
    runs.of_service[Key("team", "summarizer")] = ONCE
    return World(calls, runs, MemoryLauncher(calls), MemoryObjects(calls))


@pytest.mark.parametrize("body", [BODY, b"", LARGE], ids=["small", "empty", "large"])
async def test_a_success_costs_one_request(world: World, body: bytes) -> None:
    world.has(reporting(body), stored=body)

    await world.ends()

    assert world.run.status.phase == Phase.SUCCEEDED
    assert world.run.status.result
    assert world.run.status.result.size == len(body)
    assert (world.calls.count["look_up"], world.calls.count["get"]) == (1, 0)
    assert world.calls.count["write_status"] == 1


@pytest.mark.parametrize(
    ("attempt", "stored", "why"),
    [
        (reporting(BODY), None, "its result is not in the object store"),
        (reporting(BODY), b"short", "the store has 5 bytes where the report says 13"),
        (reporting(BODY), b"a fake result", "the object has SHA-256"),
        (reporting(LARGE, e_tag='"of-another"'), LARGE, "the store has another object"),
        (reporting(LARGE), BODY, "the store has 13 bytes where the report says 1048577"),
        (reporting(BODY), LARGE, "the store has 1048577 bytes where the report says 13"),
    ],
    ids=["missing", "cut", "other", "other large", "small for large", "large for small"],
)
async def test_a_report_that_the_store_contradicts_is_a_failed_upload(
    world: World, attempt: Attempt, stored: bytes | None, why: str
) -> None:
    world.has(attempt, stored)

    await world.ends()

    assert (world.run.status.phase, world.run.status.reason) == ("Failed", "ResultUploadFailed")
    assert why in (world.run.status.message or "")
    assert world.run.status.result is None


async def test_a_contradicted_attempt_is_followed_by_another_one(world: World) -> None:
    retries = Retries(disruptions=1, backoff=Backoff(initial=1, max=1))
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(retries=retries)
    world.has(reporting(BODY))

    async with world.engine():
        await until(lambda: world.calls.count["start"])

    assert world.launcher.tickets[0].attempt == 2


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
async def test_a_completed_job_whose_pod_is_gone_has_the_result_that_the_store_has(
    world: World, body: bytes
) -> None:
    world.has(completed_without_pod(), stored=body)

    await world.ends()

    result = world.run.status.result
    assert world.run.status.phase == Phase.SUCCEEDED
    assert result
    assert (result.size, result.content_type) == (len(body), "text/plain")
    assert result.sha256 == hashlib.sha256(body).hexdigest()
    assert world.calls.count["start"] == 0


async def test_a_completed_job_whose_pod_is_gone_is_lost_where_the_store_has_nothing(
    world: World,
) -> None:
    world.has(completed_without_pod())

    await world.ends()

    assert (world.run.status.phase, world.run.status.reason) == ("Failed", "Disrupted")


async def test_nothing_is_said_before_a_store_that_is_away_is_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.has(reporting(BODY), stored=BODY)
    world.calls.fail("look_up", Unavailable("away"))

    with caplog.at_level(logging.WARNING):
        await world.ends(timedelta(minutes=1))

    assert world.run.status.phase == Phase.SUCCEEDED
    assert world.calls.count["write_status"] == 1
    assert is_archived(world.run.status)
    assert len(caplog.records) == 1


async def test_a_report_is_believed_when_the_store_stays_away_for_too_long(world: World) -> None:
    world.has(attempt := reporting(BODY))
    world.objects.away = True

    await world.ends()

    assert world.run.status.phase == Phase.SUCCEEDED
    assert world.run.status.result
    assert not is_archived(world.run.status)
    assert attempt.finished_at
    assert datetime.now(UTC) - attempt.finished_at >= PATIENCE


async def test_without_a_report_an_attempt_is_lost_when_the_store_stays_away_for_too_long(
    world: World,
) -> None:
    world.has(completed_without_pod(), stored=BODY)
    world.objects.away = True

    await world.ends()

    assert (world.run.status.phase, world.run.status.reason) == ("Failed", "Disrupted")


async def test_a_second_attempt_finds_all_of_the_patience_that_the_first_has_used_up(
    world: World,
) -> None:
    world.runs.of_service[Key("team", "summarizer")] = a_service().having(
        retries=Retries(disruptions=1, backoff=Backoff(initial=1, max=1))
    )
    world.has(completed_without_pod())
    world.objects.away = True
    async with world.engine(timedelta(seconds=1.5)) as engine:
        await until(lambda: world.run.status.reason == "BackingOff")
        # It is back, and not asked yet, for it gave no answer a moment ago.
        world.objects.away = False
        world.objects.stored["team/call-7/2/result"] = BODY
        await until(lambda: (KEY, 2) in world.launcher.there)
        second = replace(completed_without_pod(), number=2, job="call-7-2")
        world.launcher.put(KEY, second)
        engine.attempt_seen(KEY, second)
        await until(lambda: world.run.status.terminal)

    assert world.run.status.phase == Phase.SUCCEEDED


async def test_the_end_of_a_crash_tells_that_the_controller_saved_its_log(world: World) -> None:
    crash = Ending(Phase.FAILED, Reason.PROCESS_CRASHED, "it crashed", 139, log_of="task")
    world.has(an_attempt().ended(crash))

    await world.ends()

    assert world.run.status.attempts[0].log_stored
    assert world.objects.stored["team/call-7/1/log"] == b"the log of task"
    assert world.calls.count["write_status"] == 1


async def test_workers_do_not_all_wait_for_a_store_that_is_away(world: World) -> None:
    """One asks, and the runs of all others are put off; what needs no store goes on."""
    world.runs.by_key.clear()
    for number in range(50):
        run = a_run().named(f"call-{number}").with_uid(f"uid-{number}").made(datetime.now(UTC))
        world.runs.put(run)
        attempt = replace(reporting(BODY).of_run(run.metadata.uid), job=f"call-{number}-1")
        world.launcher.put(Key.of(run), attempt)
    world.calls.fail("look_up", Unavailable("away"))
    waiting = world.calls.hold("look_up")

    async with world.engine() as engine:
        await until(lambda: world.calls.count["look_up"])
        waiting.set()
        world.objects.away = True
        await until(lambda: engine.why_stale() is None)
        asked = world.calls.count["look_up"]
        world.runs.put(a_run().named("late").with_uid("late").made(datetime.now(UTC)))
        engine.run_seen(world.runs.by_key[Key("team", "late")])
        await until(lambda: world.calls.count["start"], 0.9)

    assert asked <= 4  # as many as there are workers
    assert world.calls.count["look_up"] <= asked + 1
