"""Progress: what is believed of what a task says, and where it is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import Progress
from taskyard_operator.core.progress import END_BYTES, last_progress
from taskyard_operator.core.reconcile import reconcile

from .builders import NOW, a_run, a_service, an_attempt

RUNNING = an_attempt().running()
HALF = Progress(fraction=0.5, message="half way")


@pytest.mark.parametrize(
    "end",
    [
        b'{"fraction": 0.5, "message": "half way"}',
        b'{"at": "2026-11-24T05:00:00Z", "fraction": 0.5, "message": "half way"}\n',
        b'{"fraction": 0.1}\n{"fraction": 0.5, "message": "half way"}\n',
        b'ion": 0.1}\n{"fraction": 0.5, "message": "half way"}\n\n',
    ],
    ids=["one object", "one line", "the last of two", "after a line that was cut"],
)
def test_the_last_line_is_what_counts(end: bytes) -> None:
    assert last_progress(end) == HALF


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b"\n",
        b"oops",
        b"[1]",
        b"7",
        b'{"fraction": 0.5}\noops\n',
        b'{"fraction": NaN}',
        b'{"fraction": 1e999}',
        b'{"fraction": 7}',
        b'{"fraction": "all"}',
        b'{"message": {"a": 1}}',
        b'{"message": "\xff"}',
        b'{"message": "\\ud800"}',
        b'{"message": "' + b"x" * 2000 + b'"}',
        b'{"message": "' + "\N{FIRE}".encode() * 257 + b'"}',
        b"[" * END_BYTES,
        b"9" * END_BYTES,
    ],
    ids=lambda end: end[:20].decode("latin-1"),
)
def test_what_makes_no_sense_is_ignored(end: bytes) -> None:
    assert last_progress(end) is None


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_nothing_that_a_pod_writes_is_an_error(end: bytes) -> None:
    said = last_progress(end)

    assert said is None or json.dumps(said.to_wire(), allow_nan=False)


def test_progress_is_told_with_the_status_of_a_running_attempt() -> None:
    run = a_run().saying_of(RUNNING)

    plan = reconcile(run, a_service(), [RUNNING.saying(0.5, "half way")], NOW)

    assert plan.status
    assert plan.status.phase == Phase.RUNNING
    assert plan.status.progress == HALF


def test_progress_that_is_told_already_costs_no_write() -> None:
    told = a_run().saying_of(RUNNING.saying(0.5))

    assert reconcile(told, a_service(), [RUNNING.saying(0.5)], NOW).status is None


def test_progress_stays_where_it_was_not_read_again() -> None:
    """As after a restart of the controller."""
    told = a_run().saying_of(RUNNING.saying(0.5))

    assert reconcile(told, a_service(), [RUNNING], NOW).status is None


def test_a_finished_run_tells_how_far_it_had_come() -> None:
    told = a_run().saying_of(RUNNING.saying(0.5, "half way"))

    plan = reconcile(told, a_service(), [RUNNING.failed()], NOW)

    assert plan.status
    assert (plan.status.phase, plan.status.progress) == (Phase.FAILED, HALF)


def test_what_is_said_of_a_finished_run_is_ignored() -> None:
    ended = a_run().in_phase(Phase.SUCCEEDED, attempt=1, finished_at=NOW).archived()

    assert reconcile(ended, a_service(), [RUNNING.saying(0.5)], NOW).status is None


def test_a_further_attempt_does_not_pass_off_progress_of_the_one_before_as_its_own() -> None:
    told = a_run().saying_of(RUNNING.saying(0.5, "half way"))
    lost = reconcile(told, a_service(), [RUNNING.failed(Reason.DISRUPTED)], NOW).status
    assert lost
    assert (lost.reason, lost.progress) == (WaitingReason.BACKING_OFF, HALF)

    again = reconcile(told.saying(lost), a_service(), [RUNNING.numbered(2)], NOW).status

    assert again
    assert (again.attempt, again.progress) == (2, None)
