"""Clocks that run out."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.resource import rfc3339
from taskyard.api.taskservice import Backoff, Deadlines, Retries, TaskService
from taskyard_operator.core.attempt import Attempt, Waiting
from taskyard_operator.core.plan import Plan, StartAttempt
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retry import retry_at
from tests.core.builders import (
    CREATED,
    FINISHED,
    NOW,
    RUN_UID,
    STARTED,
    a_run,
    a_service,
    an_attempt,
)
from tests.core.tables import table

from .cases import (
    ON_POD,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
    unseen,
    what_is_done,
)
from .runs import (
    BETWEEN,
    DAY,
    LOST_FIRST,
    MINUTES,
    PULLING,
    QUEUE_DUE,
    SECOND,
    START_DUE,
    STOP,
)

ACTIONS = {
    "a run whose time in the queue is over is asked for again": Case(
        Plan(confirm=True), now=QUEUE_DUE
    ),
    "an attempt that nobody has admitted is neither late to start nor to run": Case(
        Plan(look_again_at=QUEUE_DUE),
        a_run().in_phase(Phase.STARTING).saying_of(an_attempt().suspended()),
        [an_attempt().suspended()],
        now=START_DUE + DAY,
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "the shortest of the deadlines counts": Writes(
        seen(phase="Running", record=ON_POD, startedAt=rfc3339(STARTED)),
        attempts=[an_attempt().running()],
        service=a_service().having(deadlines=Deadlines(run=60)),
        due=STARTED + timedelta(seconds=60),
    ),
    "a run whose time in the queue is over has failed": Writes(
        unseen(
            phase="Failed",
            reason="QueueDeadlineExceeded",
            message="The run was not admitted within 604800 s.",
            finishedAt=rfc3339(QUEUE_DUE),
        ),
        now=QUEUE_DUE,
        live=True,
    ),
    "a run whose time in the queue is over says what it waited for": Writes(
        unseen(
            phase="Failed",
            reason="QueueDeadlineExceeded",
            message="The run was not admitted within 604800 s. Last it waited for this: no service",
            finishedAt=rfc3339(QUEUE_DUE),
        ),
        a_run().in_phase(Phase.QUEUED, message="no service"),
        service=None,
        now=QUEUE_DUE,
        live=True,
    ),
    "a run whose time in the queue is over between two attempts has failed": Writes(
        unseen(
            attempt=1,
            attempts=[LOST_FIRST.to_wire()],
            phase="Failed",
            reason="QueueDeadlineExceeded",
            message="The run was not admitted within 604800 s.",
            finishedAt=rfc3339(FINISHED + 7 * DAY),
        ),
        BETWEEN,
        now=FINISHED + 7 * DAY,
        live=True,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)


@dataclass(frozen=True)
class Late:
    """An attempt whose clock has run out at `since`."""

    since: datetime
    attempt: Attempt
    reason: Reason
    message: str
    phase: Phase = Phase.STARTING
    service: TaskService = field(default_factory=a_service)


UNPLACED = an_attempt().waiting_for(WaitingReason.UNSCHEDULABLE, "No node can take it.")
CLOCKS = {
    "a suspended Job, by the queue's": Late(
        QUEUE_DUE,
        an_attempt().suspended(),
        Reason.QUEUE_DEADLINE_EXCEEDED,
        "The run was not admitted within 604800 s.",
    ),
    "a suspended Job, by its service's": Late(
        CREATED + timedelta(seconds=60),
        an_attempt().suspended(),
        Reason.QUEUE_DEADLINE_EXCEEDED,
        "The run was not admitted within 60 s.",
        service=MINUTES,
    ),
    "a Job without a pod, by that of the start": Late(
        START_DUE, an_attempt(), Reason.START_DEADLINE_EXCEEDED, "No container ran within 3600 s."
    ),
    "a pod that no node takes, which it says, by that of the start": Late(
        CREATED + timedelta(seconds=120),
        UNPLACED,
        Reason.START_DEADLINE_EXCEEDED,
        "No container ran within 120 s. Last it waited for this: No node can take it.",
        service=MINUTES,
    ),
    "an image that does not come, by the patience with it": Late(
        NOW + timedelta(seconds=60), PULLING, Reason.IMAGE_UNAVAILABLE, "no such image"
    ),
    "an image that does not come, by that of the start if it is sooner": Late(
        CREATED + timedelta(seconds=100),
        PULLING,
        Reason.START_DEADLINE_EXCEEDED,
        "No container ran within 100 s. Last it waited for this: no such image",
        service=a_service().having(deadlines=Deadlines(start=100)),
    ),
    "an image name that is none, at once": Late(
        NOW,
        replace(
            PULLING,
            waiting=Waiting(WaitingReason.PULLING_IMAGE, "no such name", timedelta(0)),
        ),
        Reason.IMAGE_UNAVAILABLE,
        "no such name",
    ),
    "a container, by that of the run": Late(
        STARTED + timedelta(seconds=180),
        an_attempt().running(),
        Reason.RUN_DEADLINE_EXCEEDED,
        "The task ran longer than 180 s.",
        Phase.RUNNING,
        MINUTES,
    ),
}


@table(CLOCKS)
def test_a_clock_that_runs_out_condemns_first_and_stops_then(case: Late) -> None:
    run = a_run()
    before = reconcile(run, case.service, [case.attempt], case.since - SECOND)
    assert before.look_again_at
    assert before.look_again_at <= case.since
    assert not before.status or case.reason not in before.status.to_wire().values()

    verdict = reconcile(run, case.service, [case.attempt], case.since)

    assert verdict.status
    assert (verdict.actions, verdict.look_again_at, verdict.confirm) == ((), case.since, False)
    status = verdict.status
    assert (status.phase, status.reason, status.message) == (case.phase, case.reason, case.message)
    assert (status.attempts[0].reason, status.attempts[0].message) == (case.reason, case.message)
    assert status.attempts[0].finished_at is None

    condemned = run.saying(status)
    stop = reconcile(condemned, case.service, [case.attempt], case.since)
    assert (stop.actions, stop.status) == ((STOP,), None)
    stopping = replace(case.attempt, stopping=True)
    wait = reconcile(condemned, case.service, [stopping], case.since + SECOND)
    assert (wait.actions, wait.status, wait.confirm) == ((), None, False)

    end = reconcile(condemned, case.service, [], case.since + 2 * SECOND, live=True)
    if end.prove and end.prove.ending:  # it ran, and may have left a log
        looked_for = replace(end.prove, ending=replace(end.prove.ending, log_of=None))
        end = reconcile(condemned, case.service, [looked_for], case.since + 2 * SECOND, live=True)
    assert end.status
    told = (end.status.phase, end.status.reason, end.status.message)
    assert told == (Phase.FAILED, case.reason, case.message)


def test_the_first_clock_that_ran_out_is_told() -> None:
    plan = reconcile(a_run(), a_service(), [PULLING], START_DUE + DAY)

    assert plan.status
    assert plan.status.reason == Reason.IMAGE_UNAVAILABLE


def test_a_back_off_longer_than_the_queue_deadline_is_no_wait_for_a_place() -> None:
    retries = Retries(disruptions=1, backoff=Backoff(initial=60, max=60))
    service = a_service().having(deadlines=Deadlines(queue=5), retries=retries)
    due = retry_at(retries, [LOST_FIRST], RUN_UID)
    assert due

    waits = reconcile(BETWEEN, service, [], FINISHED + timedelta(seconds=5), live=True)
    goes_on = reconcile(BETWEEN, service, [], due, live=True)
    late = reconcile(BETWEEN, service, [], due + timedelta(seconds=5), live=True)

    assert waits == Plan(look_again_at=due)
    assert goes_on == Plan((StartAttempt(2),), look_again_at=due + timedelta(seconds=5))
    assert late.status
    assert late.status.reason == Reason.QUEUE_DEADLINE_EXCEEDED


def test_the_clock_of_a_node_that_is_fast_gives_no_more_time_to_run() -> None:
    ahead = replace(an_attempt().running(), started_at=NOW + DAY)
    run = a_run().saying_of(ahead)
    assert run.status.started_at == NOW
    due = NOW + timedelta(seconds=180)

    before = reconcile(run, MINUTES, [ahead], due - SECOND)
    after = reconcile(run, MINUTES, [ahead], due)

    assert before == Plan(look_again_at=due)
    assert after.status
    assert after.status.reason == Reason.RUN_DEADLINE_EXCEEDED


def test_what_follows_an_end_does_not_wait_for_the_clock_of_a_node_that_is_fast() -> None:
    ahead = replace(an_attempt().failed(), finished_at=NOW + DAY)
    retrying = a_service().having(retries=Retries(limit=1))

    plan = reconcile(a_run(), retrying, [ahead], NOW)

    assert plan.status
    assert plan.status.attempts[0].finished_at == NOW
    assert plan.look_again_at
    assert plan.look_again_at <= NOW + timedelta(seconds=10)
