"""The end of a run: its record, its status, and its deletion, in this order and never in another."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from taskyard.api.names import new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import StoredObject, TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.claim import Claim, claim_key, claim_marker
from taskyard_operator.core.conditions import released_condition, with_condition
from taskyard_operator.core.expiry import (
    Deleted,
    deletion_marker,
    hour_of,
    marker_key,
)
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import Retention, RetentionSettings, is_archived
from taskyard_operator.core.status import archived_status
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.ports import Key, Unavailable

from .world import Calls, MemoryLauncher, MemoryObjects, MemoryRuns, running, until

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
        ending = Ending(Phase.FAILED, "TaskError", "it raised")  # type: ignore[arg-type]
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


async def test_the_record_is_stored_before_the_status_says_that_it_is() -> None:
    run = a_run()
    place = Place.with_runs(run)
    ended = place.attempt_ends(run)

    async with place.controller():
        await until(lambda: place.status().terminal)

    entry = Entry.of(place.record().run)
    marker = marker_key(hour_of(place.record().expires_at), "team", entry)
    assert place.calls.of("put", "status") == [
        f"put {marker}",
        f"put {listed_key('team', entry)}",
        "put team/call/record",
        "status call Failed",
    ]
    assert is_archived(place.status())
    assert place.record().run.status.to_wire() == place.status().to_wire()
    assert abs(place.record().expires_at - (ended + 7 * DAY)) <= SECOND


async def test_a_crash_between_record_and_status_does_no_harm() -> None:
    run = a_run()
    place = Place.with_runs(run)
    place.attempt_ends(run)
    place.calls.broken["write_status"] = Unavailable("the process has just died")
    async with place.controller():
        await until(lambda: "put team/call/record" in place.calls.events)
    assert not place.status().terminal

    place.calls.broken.clear()
    async with place.controller():
        await until(lambda: place.status().terminal)

    assert place.record().tells(run, place.status())
    assert len([key for key in place.objects.stored if key.startswith("_expiry/")]) == 1


async def test_while_the_store_is_away_a_run_ends_after_a_while_and_is_archived_later() -> None:
    run = a_run()
    place = Place.with_runs(run)
    ended = place.attempt_ends(run)
    place.objects.away = True

    async with place.controller():
        await until(lambda: place.calls.count["put_bytes"])
        assert not place.status().terminal
        await until(lambda: place.status().terminal)
        took = datetime.now(UTC) - ended
        assert not is_archived(place.status())

        place.objects.away = False
        await until(lambda: is_archived(place.status()), 60)

    assert took >= KEPT.archive_patience
    assert place.calls.of("status") == ["status call Failed"] * 2
    assert place.record().tells(run, place.status())


async def test_a_run_that_was_cancelled_before_it_started_ends_too_while_the_store_is_away() -> (
    None
):
    """Its time of end is the time of the look, so that it cannot be what the patience counts from."""
    run = a_run()
    cancelled = run.model_copy(update={"spec": run.spec.model_copy(update={"cancel": True})})
    place = Place.with_runs(cancelled)
    place.objects.away = True

    async with place.controller():
        await until(lambda: place.status().terminal)

    assert place.status().phase == Phase.CANCELLED


async def test_while_the_store_is_away_it_is_asked_now_and_then_and_not_for_every_run() -> None:
    place = Place.with_runs(*(finished(f"run-{n}", archived=False) for n in range(500)))
    place.objects.away = True

    async with place.controller() as engine:
        await until(lambda: engine.why_stale() is None and len(engine.queue) == 0)

        assert 1 <= place.calls.count["put_bytes"] <= 10
    assert place.calls.events == []


async def test_a_run_is_deleted_when_its_time_is_over() -> None:
    place = Place.with_runs(
        finished("old", ago=2 * DAY), finished("young"), finished("soon", ago=DAY - SECOND)
    )
    for name in ("old", "soon"):
        kept = Record(place.runs.by_key[Key("team", name)], NOW + 5 * DAY)
        place.objects.stored[f"team/{name}/record"] = kept.to_json()

    async with place.controller():
        await until(lambda: place.calls.of("delete") == ["delete old", "delete soon"])

    assert place.calls.events == ["delete old", "delete soon"]


async def test_nothing_is_deleted_that_is_not_archived() -> None:
    place = Place.with_runs(finished(ago=2 * DAY, archived=False))
    place.objects.away = True

    async with place.controller():
        await until(lambda: place.calls.count["put_bytes"] >= 2)
        assert place.calls.events == []

        place.objects.away = False
        await until(lambda: place.calls.of("delete"), 60)

    assert [event.split()[0] for event in place.calls.events] == ["put"] * 3 + ["status", "delete"]


async def test_a_record_that_was_lost_or_tells_otherwise_is_stored_anew_before_the_deletion() -> (
    None
):
    run = finished(ago=2 * DAY)
    place = Place.with_runs(run)
    other = run.model_copy(update={"status": TaskRunStatus(phase=Phase.CANCELLED)})
    place.objects.stored["team/call/record"] = Record(other, NOW).to_json()

    async with place.controller():
        await until(lambda: place.calls.of("delete"))

    assert place.calls.events[-2:] == ["put team/call/record", "delete call"]
    assert place.record().tells(run, run.status)


async def test_deletions_keep_to_their_rate() -> None:
    place = Place.with_runs(*(finished(f"run-{n}", ago=9 * DAY) for n in range(30)))
    settings = RetentionSettings(deletions_per_second=50)

    async with place.controller(settings):
        await until(lambda: not place.runs.by_key)

    times = place.runs.deleted_at
    assert len(times) == 30
    assert times[-1] - times[0] >= 28 / 50


async def test_a_start_with_very_many_finished_runs_writes_nothing() -> None:
    place = Place.with_runs(*(finished(f"run-{n}") for n in range(10_000)))

    async with place.controller() as engine:
        await until(lambda: engine.why_stale() is None and len(engine.queue) == 0, 60)
        looked_at = [Key.of(run) in engine.queue for run in place.runs.by_key.values()]

    assert all(looked_at)
    assert place.calls.events == []
    assert place.calls.count["put_bytes"] == 0


LENDER, BORROWER = new_run_name(NOW - 9 * DAY), new_run_name(NOW - 8 * DAY)


def a_sweeper(place: Place, engine: Engine, *namespaces: str, at: datetime = NOW) -> Sweeper:
    archive = Archive(StoreGuard(place.objects, lambda: at))
    return Sweeper(place.objects, archive, engine.cache, namespaces, DAY, lambda: at)


def an_engine(place: Place) -> Engine:
    settings = EngineSettings(workers=1, resync_seconds=60)
    return Engine(place.runs, place.launcher, place.objects, settings)


async def archived_in(place: Place, run: TaskRun, expires_at: datetime) -> None:
    await Archive(StoreGuard(place.objects, lambda: NOW)).keep(Record(run, expires_at))


async def test_what_a_dead_node_held_is_called_free_once_it_is_also_after_a_restart() -> None:
    """The node of its pod did not answer when the run ended, and came back later."""
    run = finished()
    unknown = released_condition(run, NOW, released=False)
    run = run.model_copy(update={"status": with_condition(run.status, unknown)})
    place = Place.with_runs(run, finished("another"))
    place.launcher.put(Key.of(run), an_attempt_that_lingers(run))
    async with place.controller() as engine:
        await until(lambda: engine.why_stale() is None)
    assert place.status() == run.status

    async with place.controller() as engine:
        await until(lambda: engine.why_stale() is None)
        place.launcher.there.clear()
        engine.attempt_gone(Key.of(run), 1, run.metadata.uid)
        await until(lambda: place.status() != run.status)

    assert place.calls.of("status") == ["status call Failed"]
    released = next(c for c in place.status().conditions if c.type == "ResourcesReleased")
    assert released.status == "True"
    assert place.calls.count["attempts"] == 1


async def test_an_input_lives_as_long_as_a_run_that_uses_it() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    await archived_in(place, finished(LENDER), NOW - DAY)
    place.objects.stored |= {f"team/{LENDER}/input": b"input", f"team/{LENDER}/1/log": b"log"}

    # The retry has its TaskRun.
    engine.run_seen(a_run(BORROWER, uses=LENDER))
    await a_sweeper(place, engine).sweep()
    assert set(place.objects.stored) == {
        f"team/{LENDER}/input",
        marker_key(hour_of(NOW - DAY), "team", Entry.of(finished(LENDER))),
    }

    # It ends, and its TaskRun is deleted.
    await archived_in(place, finished(BORROWER, uses=LENDER), NOW + DAY)
    engine.run_seen(finished(BORROWER, uses=LENDER))
    engine.run_gone(Key("team", BORROWER))
    await a_sweeper(place, engine).sweep()
    await a_sweeper(place, engine).sweep()
    assert f"team/{LENDER}/input" in place.objects.stored
    assert f"team/{BORROWER}/record" in place.objects.stored

    # Its data expires too.
    await a_sweeper(place, engine, at=NOW + DAY + timedelta(hours=2)).sweep()
    assert place.objects.stored == {}


async def test_a_name_that_was_used_again_keeps_its_new_data() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    await archived_in(place, finished("nightly"), NOW - DAY)
    place.objects.stored["team/nightly/1/result"] = b"of tonight"

    engine.run_seen(a_run("nightly"))
    await a_sweeper(place, engine).sweep()
    assert "team/nightly/1/result" in place.objects.stored

    await archived_in(place, finished("nightly"), NOW + DAY)
    engine.run_seen(finished("nightly"))
    await a_sweeper(place, engine).sweep()
    assert set(place.objects.stored) == {
        "team/nightly/1/result",
        "team/nightly/record",
        marker_key(hour_of(NOW + DAY), "team", Entry.of(finished("nightly"))),
        listed_key("team", Entry.of(finished("nightly"))),
    }


async def test_what_had_the_name_before_is_listed_no_more_when_its_own_time_is_over() -> None:
    place = Place.with_runs()
    tonight = finished("nightly")
    created = tonight.metadata.model_copy(update={"creation_timestamp": NOW - 9 * DAY})
    await archived_in(place, tonight.model_copy(update={"metadata": created}), NOW - DAY)
    await archived_in(place, tonight, NOW + DAY)

    await a_sweeper(place, an_engine(place)).sweep()

    assert set(place.objects.stored) == {
        "team/nightly/record",
        marker_key(hour_of(NOW + DAY), "team", Entry.of(tonight)),
        listed_key("team", Entry.of(tonight)),
    }


async def test_of_two_entries_of_one_end_both_go() -> None:
    """Two controllers have ended it at the same time, each in its way."""
    place = Place.with_runs()
    failed = finished()
    cancelled = failed.model_copy(update={"status": TaskRunStatus(phase=Phase.CANCELLED)})
    for run in (cancelled, failed):
        await archived_in(place, run, NOW - DAY)
    assert len([key for key in place.objects.stored if key.startswith("_listed/team/")]) == 2

    await a_sweeper(place, an_engine(place)).sweep()

    assert place.objects.stored == {}


async def test_the_data_of_a_run_that_somebody_deleted_before_its_end_goes_as_well() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    sweeper = a_sweeper(place, engine)
    place.objects.stored["team/call/1/log"] = b"log"
    sweeper.run_gone(a_run())

    await sweeper.sweep()
    assert "team/call/1/log" in place.objects.stored

    await a_sweeper(place, engine, at=NOW + timedelta(hours=3)).sweep()
    assert place.objects.stored == {}


async def test_a_name_that_was_used_again_keeps_its_data_when_the_run_before_was_deleted() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    await archived_in(place, finished(), NOW + DAY)
    marker = deletion_marker(hour_of(NOW - DAY), Deleted("team", "call", "uid-of-another"))
    place.objects.stored[marker] = b""

    await a_sweeper(place, engine).sweep()

    assert "team/call/record" in place.objects.stored
    assert marker not in place.objects.stored


async def test_a_controller_of_some_namespaces_deletes_only_in_these() -> None:
    place = Place.with_runs()
    await archived_in(place, finished(), NOW - DAY)
    stored = set(place.objects.stored)

    await a_sweeper(place, an_engine(place), "other").sweep()
    assert set(place.objects.stored) == stored

    await a_sweeper(place, an_engine(place), "other", "team").sweep()
    assert place.objects.stored == {}


@pytest.mark.parametrize("after", range(1, 4))
async def test_a_pass_that_is_broken_off_is_taken_up_by_the_next(after: int) -> None:
    place = Place.with_runs()
    for number in range(450):
        await archived_in(place, finished(f"run-{number}"), NOW - DAY)
    delete_many, calls = place.objects.delete_many, 0

    async def breaks_off(keys: list[str]) -> None:
        nonlocal calls
        calls += 1
        place.objects.away = calls > after
        await delete_many(keys)

    place.objects.delete_many = breaks_off  # type: ignore[method-assign, assignment]
    with pytest.raises(Exception, match="away"):
        await a_sweeper(place, an_engine(place)).sweep()

    place.objects.away = False
    place.objects.delete_many = delete_many  # type: ignore[method-assign]
    await a_sweeper(place, an_engine(place)).sweep()
    assert place.objects.stored == {}


def claimed_in(place: Place, digest: str, expires_at: datetime, *markers: datetime) -> str:
    """A claim of a key, and the markers that were made for it; returns its key."""
    key = claim_key("team", digest)
    place.objects.stored[key] = Claim("call", "same", expires_at).to_json()
    for at in markers:
        place.objects.stored[claim_marker(hour_of(at), "team", digest)] = b""
    return key


async def test_a_claim_goes_when_its_hour_is_past_and_not_before() -> None:
    place = Place.with_runs()
    claimed_in(place, "a", NOW + DAY, NOW + DAY)

    await a_sweeper(place, an_engine(place), "team").sweep()
    await a_sweeper(place, an_engine(place), "team", at=NOW + DAY).sweep()
    assert len(place.objects.stored) == 2

    await a_sweeper(place, an_engine(place), "team", at=NOW + DAY + timedelta(hours=2)).sweep()
    assert place.objects.stored == {}


async def test_a_claim_that_was_made_again_stays_when_an_old_marker_of_it_is_due() -> None:
    place = Place.with_runs()
    key = claimed_in(place, "a", NOW + DAY, NOW - DAY)

    await a_sweeper(place, an_engine(place)).sweep()

    assert list(place.objects.stored) == [key]


async def test_a_claim_that_cannot_be_read_goes_with_its_marker() -> None:
    place = Place.with_runs()
    place.objects.stored[claimed_in(place, "a", NOW, NOW - DAY)] = b"oops"
    place.objects.stored[claim_marker(hour_of(NOW - DAY), "team", "gone")] = b""

    await a_sweeper(place, an_engine(place)).sweep()

    assert place.objects.stored == {}


async def test_a_claim_stays_until_its_run_has_ended_however_long_that_takes() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    claimed_in(place, "a", NOW - DAY, NOW - DAY)

    engine.run_seen(a_run())
    await a_sweeper(place, engine).sweep()
    assert len(place.objects.stored) == 2

    engine.run_seen(finished())
    await a_sweeper(place, engine).sweep()
    assert place.objects.stored == {}


async def test_an_input_that_was_lent_goes_also_where_its_user_was_deleted_before_its_end() -> None:
    """Its lender is a run that was never made, as where the gateway died that took the input."""
    place = Place.with_runs()
    engine = an_engine(place)
    sweeper = a_sweeper(place, engine)
    place.objects.stored[f"team/{LENDER}/input"] = b"input"
    sweeper.run_gone(a_run(BORROWER, uses=LENDER))

    await sweeper.sweep()
    await a_sweeper(place, engine, at=NOW + timedelta(hours=3)).sweep()

    assert place.objects.stored == {}


async def test_a_run_that_somebody_deletes_while_it_stands_in_line_leaves_no_new_record() -> None:
    """Its data was deleted with it, and must not come back."""
    place = Place.with_runs(*(finished(f"run-{n}", ago=2 * DAY) for n in range(3)))
    settings = RetentionSettings(defaults=KEPT.defaults, deletions_per_second=10)

    async with place.controller(settings) as engine:
        await until(lambda: len(place.runs.by_key) == 2)
        gone = list(place.runs.by_key)[-1]
        del place.runs.by_key[gone]
        engine.run_gone(gone)
        engine.run_seen(last := finished("last", ago=2 * DAY))
        place.runs.by_key[Key.of(last)] = last
        await until(lambda: not place.runs.by_key)

    assert f"{gone.namespace}/{gone.name}/record" not in place.objects.stored


async def test_a_run_that_somebody_deletes_while_its_record_is_looked_for_leaves_no_new_one() -> (
    None
):
    run = finished(ago=2 * DAY)
    place = Place.with_runs(run)
    look = place.calls.hold("get_small")

    async with place.controller() as engine:
        await until(lambda: place.calls.count["get_small"])
        del place.runs.by_key[Key.of(run)]  # and what it left, of which there is nothing here
        look.set()
        await until(lambda: place.calls.count["delete"])
        engine.run_gone(Key.of(run))

    assert place.objects.stored == {}
