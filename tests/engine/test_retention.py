"""The end of a run: its record, its status, and its deletion, in this order and never in another."""

from __future__ import annotations

from datetime import UTC, datetime

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRunStatus
from taskyard_operator.core.conditions import released_condition, with_condition
from taskyard_operator.core.expiry import Due, due_by, hour_of, marker_key
from taskyard_operator.core.listed import Entry, listed_key
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import RetentionSettings, is_archived
from taskyard_operator.ports import Key, Unavailable

from .ended import DAY, KEPT, NOW, SECOND, Place, a_run, an_attempt_that_lingers, finished
from .world import until


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


async def test_a_run_whose_data_went_before_it_leaves_no_new_record_when_it_goes() -> None:
    """Its service keeps TaskRuns for longer than their data."""
    place = Place.with_runs(finished(ago=9 * DAY))

    async with place.controller():
        await until(lambda: place.calls.of("delete"))

    assert place.calls.events == ["delete call"]
    assert place.objects.stored == {}


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


async def test_the_data_of_a_run_that_somebody_deletes_before_its_end_is_marked_to_go() -> None:
    run = a_run()
    place = Place.with_runs(run)
    settings = RetentionSettings(defaults=KEPT.defaults, sweep_interval=SECOND / 20)

    async with place.controller(settings) as engine:
        await until(lambda: engine.why_stale() is None)
        del place.runs.by_key[Key.of(run)]
        engine.run_gone(Key.of(run))
        await until(lambda: place.objects.stored)

    (marker,) = place.objects.stored
    assert due_by(marker) == Due("team", "call")


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
