"""Whether and when another attempt follows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.reasons import Reason
from taskyard.api.taskrun import AttemptRecord
from taskyard.api.taskservice import Backoff, Retries
from taskyard_operator.core.retry import may_retry, retry_at

END = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
OWN_FAILURES = ["TaskError", "OutOfMemory", "ProcessCrashed", "RunDeadlineExceeded"]
DISRUPTIONS = ["Disrupted", "InputUnavailable", "ResultUploadFailed"]
NEVER_RETRIED = sorted(set(Reason) - {*OWN_FAILURES, *DISRUPTIONS})


def ended(*reasons: str, error_type: str | None = None) -> list[AttemptRecord]:
    """Attempts that have ended so, one after another."""
    return [
        AttemptRecord(
            number=number, job=f"r-{number}", finished_at=END, reason=reason, error_type=error_type
        )
        for number, reason in enumerate(reasons, start=1)
    ]


@pytest.mark.parametrize("reason", NEVER_RETRIED)
def test_what_would_fail_again_is_never_retried(reason: str) -> None:
    assert not may_retry(Retries(limit=100, disruptions=100), ended(reason))


@pytest.mark.parametrize("reason", OWN_FAILURES)
def test_a_failure_of_its_own_is_retried_up_to_the_limit(reason: str) -> None:
    retries = Retries(limit=2)

    assert may_retry(retries, ended(reason))
    assert may_retry(retries, ended(reason, reason))
    assert not may_retry(retries, ended(reason, reason, reason))


@pytest.mark.parametrize("reason", DISRUPTIONS)
def test_a_disruption_is_retried_without_being_asked_for(reason: str) -> None:
    assert may_retry(Retries(), ended(reason, reason, reason))
    assert not may_retry(Retries(), ended(reason, reason, reason, reason))


def test_the_two_budgets_do_not_eat_each_other() -> None:
    retries = Retries(limit=1, disruptions=1)

    assert may_retry(retries, ended("Disrupted", "TaskError"))
    assert may_retry(retries, ended("TaskError", "Disrupted"))
    assert not may_retry(retries, ended("Disrupted", "TaskError", "TaskError"))
    assert not may_retry(retries, ended("TaskError", "Disrupted", "Disrupted"))


@pytest.mark.parametrize(
    ("retries", "wanted"),
    [
        pytest.param(Retries(limit=1, on=["TaskError"]), True, id="its reason is named"),
        pytest.param(Retries(limit=1, on=["net.Timeout"]), True, id="its exception is named"),
        pytest.param(Retries(limit=1, on=["Timeout"]), True, id="named without the module"),
        pytest.param(Retries(limit=1, on=["OutOfMemory"]), False, id="another reason is named"),
        pytest.param(Retries(limit=1, on=["time"]), False, id="a part of a name is no name"),
        pytest.param(Retries(limit=1, on=[]), False, id="nothing is to be retried"),
        pytest.param(Retries(limit=1, never=["Timeout"]), False, id="its exception is excluded"),
        pytest.param(
            Retries(limit=1, on=["TaskError"], never=["Timeout"]), False, id="never beats on"
        ),
    ],
)
def test_lists_say_which_failures_are_worth_a_retry(retries: Retries, wanted: bool) -> None:
    assert may_retry(retries, ended("TaskError", error_type="net.Timeout")) is wanted


def test_lists_do_not_touch_disruptions() -> None:
    assert may_retry(Retries(on=[], never=["Disrupted"]), ended("Disrupted"))


@given(st.integers(1, 40), st.uuids().map(str))
def test_the_wait_grows_by_the_factor_up_to_the_cap_less_a_quarter(count: int, uid: str) -> None:
    retries = Retries(backoff=Backoff(initial=10, factor=3, max=500))

    due = retry_at(retries, ended(*["Disrupted"] * count), uid)

    assert due is not None
    full = min(500.0, 10 * 3.0 ** (count - 1))
    assert END + timedelta(seconds=full * 0.75) <= due <= END + timedelta(seconds=full)


def test_an_attempt_that_has_not_ended_is_followed_by_none() -> None:
    assert retry_at(Retries(), [AttemptRecord(number=1, job="r-1")], "a") is None


def test_every_look_computes_the_same_time_and_runs_differ() -> None:
    attempts = ended("Disrupted")

    assert retry_at(Retries(), attempts, "a") == retry_at(Retries(), attempts, "a")
    assert len({retry_at(Retries(), attempts, uid) for uid in "abcdefgh"}) > 4
