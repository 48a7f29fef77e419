"""Budgets that have become smaller since the last attempt ended."""

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import AttemptRecord, TaskRunStatus
from taskyard.api.taskservice import Retries
from taskyard_operator.core.plan import StartAttempt
from taskyard_operator.core.reconcile import reconcile
from tests.core.builders import FINISHED, NOW, STARTED, a_run, a_service, an_attempt

LOST = AttemptRecord(
    number=1,
    job="call-7-1",
    started_at=STARTED,
    finished_at=FINISHED,
    reason="Disrupted",
    message="The pod was lost: evicted",
)
BETWEEN = a_run().saying(TaskRunStatus(phase=Phase.QUEUED, attempt=1, attempts=[LOST]))


def test_a_run_ends_as_its_last_attempt_did_where_no_other_may_follow_any_more() -> None:
    """As when the service was gone while the attempt ended, and only the defaults could be asked."""
    strict = a_service().having(retries=Retries(disruptions=0))

    seen_before = reconcile(BETWEEN, strict, [], NOW)
    status = reconcile(BETWEEN, strict, [], NOW, live=True).status

    assert (seen_before.status, seen_before.confirm) == (None, True)
    assert status is not None
    assert (status.phase, status.reason) == (Phase.FAILED, "Disrupted")
    assert status.message == "The pod was lost: evicted"


def test_a_run_goes_on_whose_next_attempt_was_started_before_the_budgets_became_smaller() -> None:
    strict = a_service().having(retries=Retries(disruptions=0))

    plan = reconcile(BETWEEN, strict, [an_attempt().numbered(2).running()], NOW, live=True)

    assert plan.status is not None
    assert (plan.status.phase, plan.status.attempt) == (Phase.RUNNING, 2)


def test_a_run_ends_as_its_last_attempt_did_though_only_a_newer_version_knows_the_word_for_that() -> (
    None
):
    newer = LOST.model_copy(update={"reason": "Quarantined", "message": "Its node is ill."})
    between = BETWEEN.saying(BETWEEN.status.model_copy(update={"attempts": [newer]}))

    status = reconcile(between, a_service(), [], NOW, live=True).status

    assert status is not None
    assert (status.phase, status.reason) == (Phase.FAILED, "Quarantined")
    assert status.message == "Its node is ill."


def test_another_attempt_follows_where_the_budgets_still_allow_it() -> None:
    plan = reconcile(BETWEEN, a_service(), [], NOW.replace(hour=6))

    assert plan.actions == (StartAttempt(2),)
