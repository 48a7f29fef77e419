"""Names and messages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.names import MAX_RUN_NAME, bounded, job_name, new_run_name
from taskyard.api.reasons import TERMINAL, Phase, Reason

from .builders import NOW

TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(TIMES, st.timedeltas(timedelta(milliseconds=1), timedelta(days=365)))
def test_ids_sort_by_time(when: datetime, later: timedelta) -> None:
    assert new_run_name(when) < new_run_name(when + later)


@given(TIMES)
def test_an_id_is_a_uuid_of_version_7_without_hyphens(when: datetime) -> None:
    name = new_run_name(when)

    uuid = UUID(hex=name)
    assert (uuid.hex, uuid.version) == (name, 7)
    assert uuid.int >> 80 == int(when.timestamp() * 1000)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({new_run_name(NOW) for _ in range(1000)}) == 1000


def test_an_id_is_short_enough_for_a_job() -> None:
    assert len(new_run_name(NOW)) <= MAX_RUN_NAME
    assert job_name("a" * MAX_RUN_NAME, 256) == "a" * MAX_RUN_NAME + "-256"


@given(st.text(), st.integers(3, 40))
def test_a_bounded_message_fits_and_is_cut_between_characters(message: str, limit: int) -> None:
    text = bounded(message, limit)

    assert len(text.encode()) <= limit
    if len(message.encode()) <= limit:
        assert text == message
    else:
        assert text.endswith("…")
        assert message.startswith(text.removesuffix("…"))


def test_a_message_that_is_no_unicode_becomes_some() -> None:
    assert bounded("a\ud800b") == "a?b"


def test_a_short_message_stays() -> None:
    assert bounded("ü" * 512) == "ü" * 512


def test_every_reason_has_a_sentence() -> None:
    assert all(reason.description.endswith(".") for reason in Reason)


def test_three_phases_are_terminal() -> None:
    assert {phase for phase in Phase if phase.terminal} == TERMINAL
    assert len(TERMINAL) == 3
