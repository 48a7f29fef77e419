"""An attempt that is being ended for a reason."""

from taskyard.api.reasons import Reason
from taskyard.api.resource import rfc3339
from taskyard.api.taskservice import Retries
from taskyard_operator.core.plan import Plan
from tests.core.builders import NOW, STARTED, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    A_SUCCESS,
    BACK_AT,
    ENDED,
    RAN,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
    what_is_done,
)
from .runs import RUN_DUE, STOP

ACTIONS = {
    "an attempt that is being ended for a reason is stopped": Case(
        Plan((STOP,), look_again_at=RUN_DUE),
        a_run().condemned(Reason.START_DEADLINE_EXCEEDED),
        [an_attempt().running()],
    ),
    "an attempt that is being ended for a reason is stopped only once": Case(
        Plan(look_again_at=RUN_DUE),
        a_run().condemned(Reason.START_DEADLINE_EXCEEDED),
        [an_attempt().running().stopped()],
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "a condemned attempt that has ended has ended for that reason": Writes(
        seen(
            phase="Failed",
            reason="StartDeadlineExceeded",
            message="It took too long.",
            record=RAN
            | {
                "exitCode": 143,
                "reason": "StartDeadlineExceeded",
                "message": "It took too long.",
            },
            **ENDED,
        ),
        a_run().condemned(Reason.START_DEADLINE_EXCEEDED),
        [an_attempt().told_to_stop()],
    ),
    "a condemned attempt that is gone has ended for that reason": Writes(
        seen(
            phase="Failed",
            reason="StartDeadlineExceeded",
            message="It took too long.",
            record={
                "reason": "StartDeadlineExceeded",
                "message": "It took too long.",
                "finishedAt": rfc3339(NOW),
            },
            finishedAt=rfc3339(NOW),
        ),
        a_run().condemned(Reason.START_DEADLINE_EXCEEDED),
        live=True,
    ),
    "a condemned attempt whose run says nothing has ended in the verdict's words": Writes(
        seen(
            phase="Failed",
            reason="StartDeadlineExceeded",
            message="It took too long.",
            record={
                "reason": "StartDeadlineExceeded",
                "message": "It took too long.",
                "finishedAt": rfc3339(NOW),
            },
            finishedAt=rfc3339(NOW),
        ),
        a_run().condemned(Reason.START_DEADLINE_EXCEEDED, told=False),
        live=True,
    ),
    "a condemned attempt has ended for that reason though only a newer version knows the word": Writes(
        seen(
            phase="Failed",
            reason="Quarantined",
            message="It took too long.",
            record=RAN | {"exitCode": 143, "reason": "Quarantined", "message": "It took too long."},
            **ENDED,
        ),
        a_run().condemned("Quarantined"),
        [an_attempt().told_to_stop()],
    ),
    "a condemned attempt that succeeded all the same has succeeded": Writes(
        A_SUCCESS,
        a_run().condemned(Reason.RUN_DEADLINE_EXCEEDED),
        [an_attempt().succeeded().stopped()],
    ),
    "an attempt that ran too long is followed by another one where its service says so": Writes(
        seen(
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with RunDeadlineExceeded: It took too long. The next one "
            f"starts at {BACK_AT:%H:%M:%S} UTC.",
            startedAt=rfc3339(STARTED),
            record=RAN
            | {
                "exitCode": 143,
                "reason": "RunDeadlineExceeded",
                "message": "It took too long.",
            },
        ),
        a_run().condemned(Reason.RUN_DEADLINE_EXCEEDED),
        [an_attempt().told_to_stop()],
        a_service().having(retries=Retries(limit=1)),
        due=BACK_AT,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)
