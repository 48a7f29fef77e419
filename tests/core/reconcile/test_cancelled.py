"""A run that somebody asked to cancel."""

from dataclasses import replace
from datetime import timedelta

from taskyard.api.reasons import Condition, Phase, Reason
from taskyard.api.resource import StatusCondition, rfc3339
from taskyard.api.taskrun import TaskRunStatus
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.steps.current_attempt import NODE_PATIENCE
from tests.core.builders import FINISHED, NOW, STARTED, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    A_SUCCESS,
    DEAD_NODE,
    ENDED,
    ON_POD,
    RAN,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
    unseen,
    what_is_done,
)
from .runs import BETWEEN, CONFIRM, DAY, FOREIGN, LOST_FIRST, QUEUE_DUE, RUN_DUE, START_DUE, STOP

NOTHING = Plan()
MINUTE = timedelta(minutes=1)
A_CANCEL = {"phase": "Cancelled", "reason": "Cancelled"}
ASKED = Reason.CANCELLED.description

ACTIONS = {
    "a cancelled run's running attempt is stopped": Case(
        Plan((STOP,), look_again_at=RUN_DUE), a_run().being_cancelled(), [an_attempt().running()]
    ),
    "a cancelled run's waiting attempt is stopped": Case(
        Plan((STOP,), look_again_at=START_DUE), a_run().being_cancelled(), [an_attempt()]
    ),
    "a cancelled run's suspended attempt is stopped": Case(
        Plan((STOP,), look_again_at=QUEUE_DUE),
        a_run().being_cancelled(),
        [an_attempt().suspended()],
    ),
    "a cancelled run waits for its attempt's end": Case(
        Plan(look_again_at=RUN_DUE), a_run().being_cancelled(), [an_attempt().running().stopped()]
    ),
    "a cancelled run waits for its attempt's end, and for its node only so long": Case(
        Plan(look_again_at=NOW + NODE_PATIENCE),
        a_run().being_cancelled(),
        [an_attempt().running().stopped().to_be_gone(NOW)],
    ),
    "a cancelled run is not ended by a deadline": Case(
        NOTHING, a_run().being_cancelled(), [an_attempt().running().stopped()], now=RUN_DUE
    ),
    "a run that is cancelled between two attempts asks again": Case(
        replace(CONFIRM, look_again_at=FINISHED + 7 * DAY), BETWEEN.cancelled()
    ),
    "a cancelled run without an attempt in sight asks again": Case(CONFIRM, a_run().cancelled()),
    "a cancelled run that a status says was started asks again": Case(
        CONFIRM, a_run().with_attempt_in_status().cancelled()
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "a success that came before the cancel stands": Writes(
        A_SUCCESS, a_run().cancelled(), [an_attempt().succeeded()]
    ),
    "a failure after a cancel is a cancel": Writes(
        seen(
            message="ValueError: no",
            record=RAN | {"exitCode": 1, "reason": "Cancelled", "message": "ValueError: no"},
            **A_CANCEL,
            **ENDED,
        ),
        a_run().cancelled(),
        [an_attempt().failed()],
    ),
    "a task that was told to stop is cancelled where somebody asked for it": Writes(
        seen(
            message="SIGTERM came",
            record=RAN | {"exitCode": 143, "reason": "Cancelled", "message": "SIGTERM came"},
            **A_CANCEL,
            **ENDED,
        ),
        a_run().cancelled(),
        [an_attempt().told_to_stop()],
    ),
    "a run that was cancelled before anything was started is cancelled": Writes(
        unseen(message=ASKED, finishedAt=rfc3339(NOW), **A_CANCEL),
        a_run().cancelled(),
        live=True,
    ),
    "a run that was cancelled while it waited for its service is cancelled": Writes(
        unseen(message=ASKED, finishedAt=rfc3339(NOW), **A_CANCEL),
        a_run().in_phase(Phase.QUEUED, reason="ServiceNotFound").cancelled(),
        service=None,
        live=True,
    ),
    "a run with an impossible input that was cancelled is cancelled": Writes(
        unseen(message=ASKED, finishedAt=rfc3339(NOW), **A_CANCEL),
        FOREIGN.cancelled(),
        live=True,
    ),
    "a cancelled run whose attempt is gone is cancelled": Writes(
        seen(
            message=ASKED,
            finishedAt=rfc3339(NOW),
            record={"reason": "Cancelled", "message": ASKED, "finishedAt": rfc3339(NOW)},
            admitted=None,
            **A_CANCEL,
        ),
        a_run().with_attempt_in_status().cancelled(),
        live=True,
    ),
    "a run that is cancelled between two attempts is cancelled": Writes(
        unseen(
            attempt=1,
            attempts=[LOST_FIRST.to_wire()],
            message=ASKED,
            finishedAt=rfc3339(NOW),
            **A_CANCEL,
        ),
        BETWEEN.cancelled(),
        live=True,
    ),
    "a failed attempt of a run that was cancelled is not followed by another one": Writes(
        seen(
            message="evicted",
            record=RAN | {"exitCode": 1, "reason": "Cancelled", "message": "evicted"},
            **A_CANCEL,
            **ENDED,
        ),
        a_run().cancelled(),
        [an_attempt().failed(Reason.DISRUPTED, "evicted")],
    ),
    "a cancelled attempt on a dead node is given up": Writes(
        seen(
            message=DEAD_NODE,
            record=ON_POD
            | {
                "reason": "Cancelled",
                "message": DEAD_NODE,
                "finishedAt": rfc3339(NOW + NODE_PATIENCE),
            },
            startedAt=rfc3339(STARTED),
            finishedAt=rfc3339(NOW + NODE_PATIENCE),
            **A_CANCEL,
        ),
        a_run().cancelled(),
        [an_attempt().running().to_be_gone(NOW)],
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


class TestThatItWasAskedFor:
    def requested(self, status: TaskRunStatus) -> StatusCondition:
        (found,) = (c for c in status.conditions if c.type == Condition.CANCEL_REQUESTED)
        return found

    @table(
        {
            "that runs": an_attempt().running(),
            "that waits": an_attempt(),
            "that a queue holds": an_attempt().suspended(),
            "that somebody else stops": an_attempt().running().stopped(),
        }
    )
    def test_is_said_before_a_living_attempt_is_stopped(self, case: Attempt) -> None:
        service = a_service().having(cancel_grace=7)

        said = reconcile(a_run().cancelled(), service, [case], NOW)

        assert (said.actions, said.look_again_at) == ((), NOW)
        assert said.status
        requested = self.requested(said.status)
        assert (requested.status, requested.reason) == ("True", "ToldToStop")
        assert requested.message == "Attempt 1 is told to stop; its task has 7 s to clean up."
        assert said.status.phase == (Phase.RUNNING if case.node else Phase.STARTING)
        done = reconcile(a_run().cancelled().saying(said.status), service, [case], NOW + MINUTE)
        assert done.actions == (() if case.stopping else (STOP,))
        assert done.status is None

    def test_leaves_the_phase_and_a_verdict_as_they_are(self) -> None:
        for run in (
            a_run().saying_of(an_attempt().running()),
            a_run().condemned(Reason.RUN_DEADLINE_EXCEEDED),
        ):
            said = reconcile(run.cancelled(), a_service(), [an_attempt().running()], NOW).status

            assert said
            assert (said.phase, said.reason) == (run.status.phase, run.status.reason)
            assert said.attempts == run.status.attempts
            assert said.observed_generation == run.metadata.generation

    def test_is_left_out_for_a_run_that_never_started(self) -> None:
        plan = reconcile(a_run().cancelled(), a_service(), [], NOW, live=True)

        assert plan.status
        assert plan.status.phase == Phase.CANCELLED
        assert Condition.CANCEL_REQUESTED not in {c.type for c in plan.status.conditions}

    @table({"a success": an_attempt().succeeded(), "its end": an_attempt().told_to_stop()})
    def test_is_still_told_of_when_the_run_has_ended(self, case: Attempt) -> None:
        plan = reconcile(a_run().being_cancelled(), a_service(), [case], NOW)

        assert plan.status
        assert plan.status.terminal
        assert self.requested(plan.status).status == "True"


def test_that_a_cancel_was_asked_for_is_said_before_anything_is_stopped() -> None:
    """Also an attempt before the last one that runs all the same."""
    attempts = [an_attempt().running(), an_attempt().numbered(2).running()]

    plan = reconcile(BETWEEN.cancelled(), a_service(), attempts, NOW)

    assert plan.status
    assert plan.actions == ()
