"""Data goes when its time is over, and not while somebody needs it; what tells of it goes with it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from taskyard.api.names import new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard_operator.core.claim import Claim, claim_key, claim_marker
from taskyard_operator.core.expiry import Deleted, deletion_marker, hour_of, marker_key
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import Record
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.engine.settings import EngineSettings
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.ports import Key, NotPermitted

from .ended import DAY, NOW, Place, a_run, finished
from .world import all_listed, until

LENDER, BORROWER = new_run_name(NOW - 9 * DAY), new_run_name(NOW - 8 * DAY)


def a_sweeper(
    place: Place, engine: Engine, *, at: datetime = NOW, namespaces: Namespaces | None = None
) -> Sweeper:
    archive = Archive(StoreGuard(place.objects, lambda: at))
    namespaces = namespaces or all_listed()
    return Sweeper(place.objects, archive, engine.cache, namespaces, DAY, lambda: at)


def an_engine(place: Place) -> Engine:
    settings = EngineSettings(workers=1, resync_seconds=60)
    return Engine(place.runs, place.launcher, place.objects, settings)


async def archived_in(place: Place, run: TaskRun, expires_at: datetime) -> None:
    await Archive(StoreGuard(place.objects, lambda: NOW)).keep(Record(run, expires_at))


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

    await a_sweeper(place, an_engine(place), namespaces=all_listed("other")).sweep()
    assert set(place.objects.stored) == stored

    await a_sweeper(place, an_engine(place), namespaces=all_listed("other", "team")).sweep()
    assert place.objects.stored == {}


async def test_what_has_expired_in_a_namespace_that_may_not_be_listed_is_kept() -> None:
    """A run that is not known may use it."""
    place = Place.with_runs()
    await archived_in(place, finished(), NOW - DAY)
    stored = set(place.objects.stored)
    namespaces = all_listed("other", "team")
    namespaces.left("team", NotPermitted("not for you"))

    await a_sweeper(place, an_engine(place), namespaces=namespaces).sweep()
    assert set(place.objects.stored) == stored
    assert place.calls.count["get_small"] == 0

    namespaces.listed("team")
    await a_sweeper(place, an_engine(place), namespaces=namespaces).sweep()
    assert place.objects.stored == {}


async def test_nothing_is_deleted_of_a_namespace_that_is_lost_while_that_is_decided() -> None:
    place = Place.with_runs()
    await archived_in(place, finished(), NOW - DAY)
    stored = set(place.objects.stored)
    namespaces = all_listed("team")
    reading = place.calls.hold("get_small")
    sweeping = asyncio.create_task(
        a_sweeper(place, an_engine(place), namespaces=namespaces).sweep()
    )
    await until(lambda: place.calls.count["get_small"])

    namespaces.left("team", NotPermitted("not for you"))
    reading.set()
    await sweeping

    assert set(place.objects.stored) == stored


async def test_an_input_lives_where_who_uses_it_was_not_known_for_a_while_in_a_pass() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    await archived_in(place, finished(LENDER), NOW - DAY)
    place.objects.stored[f"team/{LENDER}/input"] = b"input"
    engine.run_seen(a_run(BORROWER, uses=LENDER))
    namespaces = all_listed("team")
    listing, reading = place.calls.hold("list"), place.calls.hold("get_small")
    sweeping = asyncio.create_task(a_sweeper(place, engine, namespaces=namespaces).sweep())

    await until(lambda: place.calls.count["list"])
    namespaces.left("team", NotPermitted("not for you"))
    engine.run_lost(Key("team", BORROWER))
    listing.set()
    await until(lambda: sweeping.done() or place.calls.count["get_small"])
    namespaces.listed("team")
    engine.run_seen(a_run(BORROWER, uses=LENDER))
    reading.set()
    await sweeping

    assert f"team/{LENDER}/input" in place.objects.stored


async def test_a_claim_stays_where_its_run_was_not_known_for_a_while_in_a_pass() -> None:
    place = Place.with_runs()
    engine = an_engine(place)
    claim = claimed_in(place, "a", NOW - DAY, NOW - DAY)
    await archived_in(place, finished("other"), NOW - DAY)
    engine.run_seen(a_run())
    namespaces = all_listed("team")
    reading = place.calls.hold("get_small")
    sweeping = asyncio.create_task(a_sweeper(place, engine, namespaces=namespaces).sweep())

    await until(lambda: place.calls.count["get_small"] == 2)
    namespaces.left("team", NotPermitted("not for you"))
    engine.run_lost(Key("team", "call"))
    listing = place.calls.hold("list")  # which is made for the other one only
    reading.set()
    await until(lambda: place.calls.count["list"] == 2)
    namespaces.listed("team")
    engine.run_seen(a_run())
    listing.set()
    await sweeping

    assert claim in place.objects.stored


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

    await a_sweeper(place, an_engine(place), namespaces=all_listed("team")).sweep()
    await a_sweeper(place, an_engine(place), namespaces=all_listed("team"), at=NOW + DAY).sweep()
    assert len(place.objects.stored) == 2

    await a_sweeper(
        place, an_engine(place), namespaces=all_listed("team"), at=NOW + DAY + timedelta(hours=2)
    ).sweep()
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
