"""Attempts of which the Job, the pod or the node is gone."""

from taskyard.api.reasons import Phase
from taskyard.api.resource import rfc3339
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.steps.current_attempt import NODE_PATIENCE, QUIET_START
from tests.core.builders import NOW, OTHER_UID, STARTED, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    DEAD_NODE,
    ENDED,
    ON_POD,
    RAN,
    Case,
    Writes,
    back_after,
    check_a_second_look,
    check_what_is_written,
    seen,
    unseen,
    what_is_done,
)
from .runs import CONFIRM, ONCE, START_DUE, STOP

GONE = "The Job of the attempt was deleted before its end could be read."
LOST = seen(
    phase="Failed",
    reason="Disrupted",
    message=GONE,
    finishedAt=rfc3339(NOW),
    record={"reason": "Disrupted", "message": GONE, "finishedAt": rfc3339(NOW)},
    admitted=None,
)
RETRIED_AT = back_after(NOW)

ACTIONS = {
    "a run whose attempt is missing asks again": Case(CONFIRM, a_run().with_attempt_in_status()),
    "an end without a pod is asked for again": Case(
        CONFIRM, attempts=[an_attempt().ended_without_pod()]
    ),
    "an attempt whose pod is being deleted is looked at when its node is taken for dead": Case(
        Plan(look_again_at=NOW + NODE_PATIENCE),
        a_run().saying_of(an_attempt().running()),
        [an_attempt().running().to_be_gone(NOW)],
    ),
    "an attempt on a dead node is asked for again": Case(
        Plan(confirm=True, look_again_at=NOW + NODE_PATIENCE),
        attempts=[an_attempt().running().to_be_gone(NOW)],
        now=NOW + NODE_PATIENCE,
    ),
    "an attempt that has lost its pod is asked for again": Case(
        Plan(confirm=True, look_again_at=START_DUE),
        a_run().in_phase(Phase.RUNNING, attempt=1).having_run(),
        [an_attempt()],
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "a task that was told to stop is disrupted where nobody asked for it": Writes(
        seen(
            phase="Failed",
            reason="Disrupted",
            message="The attempt was ended from outside, and nobody had asked to cancel the run.",
            record=RAN
            | {
                "exitCode": 143,
                "reason": "Disrupted",
                "message": "The attempt was ended from outside, and nobody had asked to cancel the "
                "run.",
            },
            **ENDED,
        ),
        attempts=[an_attempt().told_to_stop()],
        service=ONCE,
    ),
    "an end without a pod is believed when it was read now": Writes(
        seen(
            phase="Failed",
            reason="Disrupted",
            message="The pod was gone.",
            record={
                "reason": "Disrupted",
                "message": "The pod was gone.",
                "finishedAt": rfc3339(NOW),
            },
            finishedAt=rfc3339(NOW),
        ),
        attempts=[an_attempt().ended_without_pod()],
        service=ONCE,
        live=True,
    ),
    "a run whose attempt is really gone is disrupted": Writes(
        LOST, a_run().with_attempt_in_status(), service=ONCE, live=True
    ),
    "a run that lost its attempt is disrupted although its namesake has one": Writes(
        LOST,
        a_run().with_attempt_in_status(),
        [an_attempt().of_run(OTHER_UID).running()],
        ONCE,
        live=True,
    ),
    "a run whose attempt is gone is tried again although its service is gone, too": Writes(
        unseen(
            attempt=1,
            attempts=[LOST["attempts"][0]],
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with Disrupted: The Job of the attempt was deleted before its "
            f"end could be read. The next one starts at {RETRIED_AT:%H:%M:%S} UTC.",
        ),
        a_run().with_attempt_in_status(),
        service=None,
        live=True,
        due=RETRIED_AT,
    ),
    "an attempt on a dead node is given up": Writes(
        seen(
            phase="Failed",
            reason="Disrupted",
            message=DEAD_NODE,
            record=ON_POD
            | {
                "reason": "Disrupted",
                "message": DEAD_NODE,
                "finishedAt": rfc3339(NOW + NODE_PATIENCE),
            },
            startedAt=rfc3339(STARTED),
            finishedAt=rfc3339(NOW + NODE_PATIENCE),
        ),
        attempts=[an_attempt().running().to_be_gone(NOW)],
        service=ONCE,
        now=NOW + NODE_PATIENCE,
        live=True,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)


def test_an_attempt_without_its_pod_is_condemned_so_that_no_second_pod_is_made() -> None:
    run = a_run().in_phase(Phase.RUNNING, attempt=1).having_run()

    plan = reconcile(run, a_service(), [an_attempt()], NOW, live=True)

    assert plan.status
    assert (plan.actions, plan.look_again_at) == ((), NOW)
    record = plan.status.attempts[0]
    why = "The pod call-7-1-x2v4q was deleted before its end could be read."
    assert (record.reason, record.message, record.finished_at) == ("Disrupted", why, None)
    assert (record.pod, record.node, record.started_at) == ("call-7-1-x2v4q", "node-1", STARTED)
    stop = reconcile(run.saying(plan.status), a_service(), [an_attempt()], NOW, live=True)
    assert (stop.actions, stop.status) == ((STOP,), None)


def test_an_attempt_that_ran_is_lost_when_its_job_is_suspended_though_no_pod_tells_of_its_end() -> (
    None
):
    run = a_run().in_phase(Phase.RUNNING, attempt=1).having_run()

    plan = reconcile(run, a_service(), [an_attempt().suspended()], NOW, live=True)

    assert plan.status
    assert plan.status.attempts[0].reason == "Disrupted"


def test_an_attempt_that_did_not_run_waits_again_when_its_job_is_suspended() -> None:
    placed = an_attempt().made(NOW - QUIET_START).on_pod()
    run = a_run().saying_of(placed)

    plan = reconcile(run, a_service(), [an_attempt().suspended()], NOW, live=True)

    assert plan.status
    assert (plan.status.phase, plan.status.reason) == (Phase.STARTING, "Suspended")
    assert plan.status.attempts[0].reason is None
