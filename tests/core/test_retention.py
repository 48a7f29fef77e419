"""How long things are kept: tables of times, and rules that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.names import created_at_of_name, new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import StoredObject, TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard.api.taskservice import Retention as Said
from taskyard.api.taskservice import Task, TaskService, TaskServiceSpec
from taskyard_operator.core.claim import claim_marker, claimed_by
from taskyard_operator.core.expiry import (
    MARGIN,
    Deleted,
    deleted_by,
    deletion_marker,
    due_by,
    held_key,
    hour_of,
    hour_of_stragglers,
    is_past,
    lender_of,
    marker_key,
)
from taskyard_operator.core.listed import Entry
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import (
    Retention,
    expires_at,
    may_have_expired,
    retention_of,
)
from taskyard_operator.core.status import archived_status
from taskyard_operator.core.sweep import NOT_YET, SUPERSEDED, Swept, swept

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DEFAULTS = Retention(task_run=DAY, result=7 * DAY)
_CALENDAR = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - as hypothesis wants them
TIMES = st.datetimes(*_CALENDAR, timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), 60 * DAY)

ID = new_run_name(NOW)


def a_run(name: str = ID, status: TaskRunStatus | None = None, key: str | None = None) -> TaskRun:
    """A run, with an input in the store where a key is given."""
    stored = StoredObject(key=key, size=5, sha256="ab" * 32) if key else None
    source = TaskInput(object=stored) if stored else TaskInput(inline={"text": "ä\n"})
    return TaskRun(
        metadata=Metadata(name=name, namespace="team", uid="a"),
        spec=TaskRunSpec(service="studio", task="paint", input=source),
        status=status or TaskRunStatus(),
    )


def ended(at: datetime | None, *, archived: bool = True, phase: Phase = Phase.SUCCEEDED) -> TaskRun:
    """A run that has ended then."""
    status = TaskRunStatus(phase=phase, finished_at=at)
    return a_run(status=archived_status(a_run(), status, NOW) if archived else status)


def a_service(task_run: int | None = None, result: int | None = None) -> TaskService:
    spec = TaskServiceSpec(image="i", entrypoint="a:B", tasks=[Task(name="paint")])
    said = Said(task_run=task_run, result=result)
    return TaskService(
        metadata=Metadata(name="studio", namespace="team"),
        spec=spec.model_copy(update={"retention": said}),
    )


def test_a_service_says_for_its_own_runs_what_it_likes_and_the_rest_is_default() -> None:
    assert retention_of(None, DEFAULTS) == DEFAULTS
    assert retention_of(a_service(), DEFAULTS) == DEFAULTS
    assert retention_of(a_service(task_run=60), DEFAULTS) == Retention(
        timedelta(seconds=60), 7 * DAY
    )
    assert retention_of(a_service(result=60), DEFAULTS) == Retention(DAY, timedelta(seconds=60))


@pytest.mark.parametrize(
    ("run", "service", "plan"),
    [
        pytest.param(
            ended(NOW - HOUR), None, Plan(look_again_at=NOW - HOUR + DAY), id="kept for a day"
        ),
        pytest.param(ended(NOW - DAY), None, Plan((DeleteRun(),)), id="due to the second"),
        pytest.param(
            ended(NOW - DAY + timedelta(seconds=1)),
            None,
            Plan(look_again_at=NOW + timedelta(seconds=1)),
            id="due in a second",
        ),
        pytest.param(
            ended(NOW - HOUR), a_service(task_run=60), Plan((DeleteRun(),)), id="its service says so"
        ),
        pytest.param(
            ended(NOW - 9 * DAY, archived=False), None, Plan((ArchiveRun(),)), id="not archived"
        ),
        pytest.param(
            ended(None, phase=Phase.FAILED), None, Plan((DeleteRun(),)),
            id="a status by hand, without a time, counts from its condition",
        ),
    ],
)  # fmt: skip
def test_a_finished_run_is_archived_then_kept_then_deleted(
    run: TaskRun, service: TaskService | None, plan: Plan
) -> None:
    later = NOW + DAY if run.status.finished_at is None else NOW

    assert reconcile(run, service, [], later, retention=DEFAULTS) == plan


@given(st.sampled_from(list(Phase)), st.none() | TIMES, TIMES, SPANS, SPANS, st.booleans())
def test_nothing_is_deleted_that_has_not_ended_or_is_not_archived_or_not_due(
    phase: Phase,
    finished: datetime | None,
    now: datetime,
    kept: timedelta,
    result: timedelta,
    archived: bool,
) -> None:
    run = ended(finished, archived=archived, phase=phase)

    plan = reconcile(run, None, [], now, live=True, retention=Retention(kept, result))

    if DeleteRun() in plan.actions:
        assert phase.terminal
        assert archived
        assert finished is None or finished + kept <= now


def test_data_is_kept_for_as_long_as_its_result_from_the_end_of_its_run() -> None:
    status = TaskRunStatus(phase=Phase.FAILED, finished_at=NOW - HOUR)

    assert expires_at(status, DEFAULTS, NOW) == NOW - HOUR + 7 * DAY


@given(st.none() | TIMES)
def test_data_is_kept_from_the_end_of_its_run_or_from_now_where_nobody_knows_that(
    finished: datetime | None,
) -> None:
    status = TaskRunStatus(phase=Phase.FAILED, finished_at=finished)

    assert expires_at(status, DEFAULTS, NOW) == (finished or NOW) + DEFAULTS.result


@given(TIMES)
def test_an_id_tells_when_it_was_made(when: datetime) -> None:
    made = created_at_of_name(new_run_name(when))

    assert made is not None
    assert abs(made - when) <= timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("name", "expired"),
    [
        (new_run_name(NOW - 7 * DAY - timedelta(seconds=1)), True),
        (new_run_name(NOW - 7 * DAY + timedelta(seconds=1)), False),
        (new_run_name(NOW + DAY), False),
        (new_run_name(NOW - 9 * DAY).upper(), False),
        (new_run_name(NOW - 9 * DAY)[:12] + "4" + "0" * 19, False),
        ("0" * 32, False),
        ("f" * 12 + "7000" + "8" + "0" * 15, False),
        ("nightly", False),
        ("", False),
    ],
)
def test_only_an_id_that_is_older_than_all_that_is_kept_has_expired(
    name: str, expired: bool
) -> None:
    assert may_have_expired(name, DEFAULTS, NOW) is expired


@given(TIMES)
def test_a_marker_is_due_soon_after_the_data_expires_and_never_before(expires: datetime) -> None:
    hour = hour_of(expires)

    assert not is_past(hour, expires + MARGIN)
    assert is_past(hour, expires + MARGIN + HOUR)


@pytest.mark.parametrize("word", ["", "2026-11-24", "x", "2026-13-24T05", "2026-11-24T05/team"])
def test_what_is_no_hour_is_never_past(word: str) -> None:
    assert not is_past(word, NOW)


def test_a_marker_names_its_run() -> None:
    entry = Entry.of(a_run())
    assert due_by(marker_key("2026-11-24T05", "team", entry)) == ("team", ID, entry)
    assert due_by(marker_key("2026-11-24T05", "team", "x")) == ("team", "x", None)
    assert due_by("team/x/record") is None
    assert due_by("_expiry/2026-11-24T05/team") is None


def test_the_marker_of_a_deletion_names_the_very_run_and_is_none_of_the_others() -> None:
    hour, deleted = "2026-11-24T05", Deleted("team", "call", "a-uid")
    marker = deletion_marker(hour, deleted)
    claimed = claim_marker(hour, "team", "ab" * 20)

    assert deleted_by(marker) == deleted
    assert (due_by(marker), claimed_by(marker)) == (None, None)
    assert deleted_by(claimed) is None
    assert deleted_by(marker_key(hour, "team", "call")) is None
    assert deleted_by("team/call/1/result") is None


def test_stragglers_of_a_deleted_run_are_looked_for_an_hour_later() -> None:
    assert not is_past(hour_of_stragglers(NOW), NOW + HOUR)
    assert is_past(hour_of_stragglers(NOW), NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("key", "lender"),
    [
        (None, None),
        (f"team/{ID}/input", None),
        (f"team/{new_run_name(NOW - DAY)}/input", "other"),
        ("team/datasets/input", None),
        ("team/datasets/2026/input", None),
        (f"team/{new_run_name(NOW - DAY)}/1/result", None),
        (f"elsewhere/{new_run_name(NOW - DAY)}/input", None),
    ],
)
def test_an_input_is_lent_by_another_run_that_the_gateway_made(
    key: str | None, lender: str | None
) -> None:
    expected = key.split("/")[1] if key and lender else None

    assert lender_of(a_run(key=key)) == expected


def test_a_record_is_read_as_it_was_written() -> None:
    run = ended(NOW).model_copy(update={"spec": a_run(key=f"team/{ID}/input").spec})
    record = Record(run, NOW + DAY)

    read = Record.from_json(record.to_json())

    assert read == record
    assert read.to_json() == record.to_json()
    assert read.tells(run, run.status)
    assert not read.tells(run, TaskRunStatus(phase=Phase.FAILED))
    assert not read.tells(a_run(name="x").model_copy(), TaskRunStatus())


NOWHERE = Record(ended(NOW), NOW + DAY).to_json().replace(b'Z"}', b'"}')
"""Its data is kept until a time of which it does not say where in the world."""


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b"\xff", b'{"expiresAt": 1}', b'{"expiresAt":"x"}'),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(NOWHERE, id="no time zone"),
    ],
)
def test_what_is_no_record_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's and json's own are kinds of it
        Record.from_json(text)


INPUT, RESULT = f"team/{ID}/input", f"team/{ID}/1/result"
HELD, HELD_BEFORE = held_key("team", ID, hour_of(NOW + DAY)), held_key("team", ID, "2026-11-01T00")


@pytest.mark.parametrize(
    ("keys", "seen", "expected"),
    [
        pytest.param([INPUT, RESULT], {}, Swept((INPUT, RESULT), done=True), id="all of it goes"),
        pytest.param([], {}, Swept((), done=True), id="gone already"),
        pytest.param([INPUT, RESULT], {"open_": True}, NOT_YET, id="its run has not ended"),
        pytest.param(
            [INPUT, RESULT], {"expires_at": NOW + DAY}, SUPERSEDED, id="the name was used again"
        ),
        pytest.param(
            [INPUT, RESULT], {"borrowed": True}, Swept((RESULT,), done=False),
            id="a retry is running on its input",
        ),
        pytest.param(
            [INPUT, RESULT, HELD], {}, Swept((RESULT,), done=True),
            id="a retry that has ended holds its input",
        ),
        pytest.param(
            [INPUT, HELD_BEFORE], {}, Swept((INPUT, HELD_BEFORE), done=True),
            id="the last that held it has expired",
        ),
        pytest.param(
            [INPUT, HELD_BEFORE, HELD], {"expires_at": NOW - DAY}, Swept((), done=True),
            id="one of two that hold it has expired",
        ),
    ],
)  # fmt: skip
def test_what_may_go_when_a_marker_is_due(
    keys: list[str], seen: dict[str, object], expected: Swept
) -> None:
    facts: dict[str, object] = {"expires_at": None, "open_": False, "borrowed": False, **seen}

    assert swept("team", ID, keys, NOW, **facts) == expected  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from([INPUT, RESULT, HELD, HELD_BEFORE]), unique=True),
    st.none() | st.sampled_from([NOW - DAY, NOW + DAY]),
    st.booleans(),
    st.booleans(),
)
def test_an_input_that_somebody_needs_is_never_deleted(
    keys: list[str], expires_at: datetime | None, open_: bool, borrowed: bool
) -> None:
    result = swept("team", ID, keys, NOW, expires_at=expires_at, open_=open_, borrowed=borrowed)

    assert set(result.keys) <= set(keys)
    if borrowed or open_ or HELD in keys:
        assert INPUT not in result.keys
    if borrowed or open_:
        # Nobody has written a later marker yet.
        assert not result.done or (expires_at and expires_at > NOW)
