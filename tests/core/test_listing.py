"""Which runs a filter picks, in which order they are listed, and how they come page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.names import MAX_RUN_NAME, new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.listed import Entry, is_place, listed_key, place_of, place_of_time
from taskyard_operator.core.listing import Filters, Found, page_of

from .tables import table

NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
_CALENDAR = datetime(1970, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - as hypothesis wants them
TIMES = st.datetimes(*_CALENDAR, timezones=st.just(UTC))
NAMES = st.from_regex(rf"[a-z0-9]([-a-z0-9.]{{0,{MAX_RUN_NAME - 2}}}[a-z0-9])?", fullmatch=True)
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", ""]))


def a_run(
    name: str = "call",
    created: datetime = NOW,
    *,
    service: str = "studio",
    task: str = "paint",
    phase: Phase | None = Phase.FAILED,
    reason: str | None = "TaskError",
    labels: dict[str, str] | None = None,
) -> TaskRun:
    return TaskRun(
        metadata=Metadata(
            name=name, namespace="team", creation_timestamp=created, labels=labels or {}
        ),
        spec=TaskRunSpec(service=service, task=task, input=TaskInput(inline={})),
        status=TaskRunStatus(phase=phase, reason=reason),
    )


RUNS = st.builds(
    a_run,
    NAMES,
    TIMES,
    service=st.sampled_from(["studio", "workshop"]),
    task=st.sampled_from(["paint", "Draw_2"]),
    phase=st.sampled_from([None, *Phase]),
    reason=st.sampled_from([None, "TaskError", "OutOfMemory"]),
    labels=LABELS,
)
FILTERS = st.builds(
    Filters,
    service=st.sampled_from([None, "studio", "workshop"]),
    task=st.sampled_from([None, "paint"]),
    reason=st.sampled_from([None, "TaskError"]),
    phases=st.frozensets(st.sampled_from(Phase)),
    labels=LABELS,
    created_after=st.none() | TIMES,
    created_before=st.none() | TIMES,
)


def in_order(runs: list[TaskRun]) -> list[TaskRun]:
    """As a list has them: by whole seconds, and of one second by name, the last first."""

    def newness(run: TaskRun) -> tuple[int, str]:
        created = run.metadata.creation_timestamp
        assert created
        return int(created.timestamp()), run.metadata.name

    return sorted(runs, key=newness, reverse=True)


@given(st.lists(RUNS, unique_by=lambda run: run.metadata.name))
def test_places_sort_the_newest_first(runs: list[TaskRun]) -> None:
    assert sorted(runs, key=place_of) == in_order(runs)


def test_of_the_gateways_ids_of_one_second_the_newest_is_first() -> None:
    ids = [new_run_name(NOW + timedelta(milliseconds=n)) for n in range(0, 1000, 7)]

    places = [place_of(a_run(name)) for name in ids]

    assert places == sorted(places, reverse=True)


def test_of_two_names_of_which_one_begins_the_other_the_longer_is_first() -> None:
    names = ["nightly", "nightly-2", "nightly-10", "nightly.z", "nightlyz"]

    listed = sorted((a_run(name) for name in names), key=place_of)

    assert [run.metadata.name for run in listed] == sorted(names, reverse=True)


@given(RUNS)
def test_an_entry_is_found_again_by_its_key(run: TaskRun) -> None:
    entry = Entry.of(run)
    key = listed_key("team", entry)

    assert Entry.from_name(key.rpartition("/")[2]) == entry
    assert entry.run == run.metadata.name
    assert is_place(entry.place)


def test_an_entry_is_a_name_that_every_store_takes_and_no_run_has() -> None:
    labels = {f"{'d' * 60}.example/{number:060d}": "v" * 63 for number in range(40)}
    run = a_run("n" * MAX_RUN_NAME, service="s" * 63, task="T" * 63, reason="R" * 64, labels=labels)

    name = Entry.of(run).name

    assert len(name) <= 255  # bytes of a file's name
    assert set(name) <= set("-.0123456789_abcdefghijklmnopqrstuvwxyz")
    assert "_" in name


@pytest.mark.parametrize("name", ["call-7", "0" * 32, "record", "", "_", "1234567890_"])
def test_other_names_are_no_entries(name: str) -> None:
    assert Entry.from_name(name) is None


@given(TIMES, TIMES)
def test_the_place_of_a_time_divides_runs_by_when_they_were_created(
    created: datetime, when: datetime
) -> None:
    created = created.replace(microsecond=0)  # as the API server has them

    assert (place_of(a_run(created=created)) < place_of_time(when)) == (created >= when)


@table(
    {
        "of any": Filters(),
        "of the service": Filters(service="studio"),
        "of the task": Filters(task="paint"),
        "of one of the phases": Filters(phases=frozenset({Phase.QUEUED, Phase.FAILED})),
        "with the reason": Filters(reason="TaskError"),
        "with the label": Filters(labels={"team": "vision"}),
        "created at the time itself": Filters(created_after=NOW),
        "created before a time": Filters(created_before=NOW + SECOND),
        "created between two": Filters(created_after=NOW - SECOND, created_before=NOW + SECOND),
    }
)
def test_is_picked(case: Filters) -> None:
    run = a_run(labels={"team": "vision", "batch": "7"})

    assert case.picks(run)
    assert case.sieve()(Entry.of(run))


@table(
    {
        "of another service": Filters(service="workshop"),
        "of another task": Filters(task="echo"),
        "of another phase": Filters(phases=frozenset({Phase.QUEUED})),
        "with another reason": Filters(reason="Cancelled"),
        "with another value of the label": Filters(labels={"team": "audio"}),
        "with only one of the labels": Filters(labels={"team": "vision", "batch": "8"}),
        "created before": Filters(created_after=NOW + SECOND),
        "created just before": Filters(created_after=NOW + timedelta(milliseconds=1)),
        "created at the time itself": Filters(created_before=NOW),
    }
)
def test_is_not_picked(case: Filters) -> None:
    run = a_run(labels={"team": "vision", "batch": "7"})

    assert not case.picks(run)
    assert not case.sieve()(Entry.of(run))


def test_a_run_that_nobody_has_looked_at_yet_is_queued() -> None:
    assert Filters(phases=frozenset({Phase.QUEUED})).picks(a_run(phase=None, reason=None))


@table(
    {
        "any phase": (frozenset(), True),
        "one that is an end": (frozenset({Phase.RUNNING, Phase.FAILED}), True),
        "only others": (frozenset({Phase.QUEUED, Phase.RUNNING}), False),
    }
)
def test_runs_that_have_ended_are_looked_for_where_the_filter_takes(
    case: tuple[frozenset[Phase], bool],
) -> None:
    phases, looked_for = case

    assert Filters(phases=phases).pick_ended is looked_for


@given(RUNS, FILTERS)
def test_the_sieve_lets_through_all_that_is_picked(run: TaskRun, filters: Filters) -> None:
    if filters.picks(run):
        assert filters.sieve()(Entry.of(run))
        assert filters.begin < place_of(run) < filters.end
        assert filters.pick_ended or not run.status.terminal


def test_a_label_for_which_an_entry_had_no_room_comes_through_the_sieve() -> None:
    run = a_run(labels={f"label-{number:02d}": "x" for number in range(40)})

    assert all(Filters(labels={f"label-{n:02d}": "x"}).sieve()(Entry.of(run)) for n in range(40))


@given(
    st.lists(st.tuples(RUNS, st.booleans()), unique_by=lambda one: one[0].metadata.name),
    st.integers(1, 5),
    st.integers(1, 7),
)
def test_page_by_page_all_come_once_and_in_order(
    runs: list[tuple[TaskRun, bool]], limit: int, looked_at: int
) -> None:
    """However few entries of ended runs are looked at for one page."""
    live = [Entry.of(run) for run, is_live in runs if is_live]
    ended = sorted(Entry.of(run) for run, is_live in runs if not is_live)
    listed: list[Entry] = []
    place: str | None = ""
    pages = 0
    while place is not None:
        rest = [entry for entry in ended if entry.place > place]
        cut = rest[:looked_at]
        found = Found(cut, cut[-1].place if len(rest) > looked_at else None)
        after = sorted(entry for entry in live if entry.place > place)[: limit + 1]
        page = page_of(after, found, limit)
        assert len(page.entries) <= limit
        assert page.next is None or page.next > place
        listed += page.entries
        place = page.next
        pages += 1

    assert listed == sorted([*live, *ended])
    assert all(one.place < other.place for one, other in pairwise(listed))


def test_a_page_that_is_just_full_is_the_last_one() -> None:
    entries = [Entry.of(a_run(f"run-{number}")) for number in range(3)]

    assert page_of(entries, Found([]), 3).next is None
    assert page_of(entries, Found([]), 2).next == sorted(entries)[1].place


def test_a_page_ends_where_it_was_looked_no_further_though_there_is_room() -> None:
    first, second, third = sorted(Entry.of(a_run(f"run-{number}")) for number in range(3))

    page = page_of([third], Found([first, second], second.place), 5)

    assert (page.entries, page.next) == ([first, second], second.place)


def test_a_run_whose_task_run_goes_while_a_page_is_made_is_on_it_once() -> None:
    run = Entry.of(a_run(phase=Phase.RUNNING, reason=None))
    ended = Entry.of(a_run())

    assert page_of([run], Found([ended]), 5).entries == [run]


def test_two_ends_of_a_run_of_which_one_is_true_are_on_one_page() -> None:
    failed, cancelled = Entry.of(a_run()), Entry.of(a_run(phase=Phase.CANCELLED))
    older = Entry.of(a_run(created=NOW - SECOND))

    page = page_of([], Found([failed, cancelled, older]), 1)

    assert page.entries == sorted([failed, cancelled])
    assert page.next == failed.place


def test_a_run_that_ends_or_is_made_meanwhile_changes_nothing_of_the_pages_to_come() -> None:
    runs = [a_run(f"run-{number}", NOW + number * SECOND) for number in range(6)]
    live = sorted(map(Entry.of, runs))
    first = page_of(live, Found([]), 2)
    assert first.next

    ended = [replace_phase(run, Phase.SUCCEEDED) for run in runs[:3]]
    newer = a_run("newer", NOW + 9 * SECOND)
    after = [entry for entry in map(Entry.of, [*runs[3:], newer]) if entry.place > first.next]
    second = page_of(after, Found([Entry.of(run) for run in ended]), 9)

    names = [entry.run for entry in [*first.entries, *second.entries]]
    assert names == [f"run-{number}" for number in range(5, -1, -1)]


def replace_phase(run: TaskRun, phase: Phase) -> TaskRun:
    return run.model_copy(update={"status": TaskRunStatus(phase=phase)})


def test_filters_that_say_nothing_are_equal() -> None:
    assert Filters() == Filters(labels={})
    assert replace(Filters(), reason="x") != Filters()
