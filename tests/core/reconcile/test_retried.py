"""Between two attempts: whether another one follows, and when."""

from dataclasses import replace
from datetime import timedelta

from taskyard.api.reasons import Phase, Reason
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import Retries
from taskyard_operator.core.attempt import Ending
from taskyard_operator.core.plan import Plan, StartAttempt
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retry import retry_at
from tests.core.builders import FINISHED, NOW, RUN_UID, STARTED, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    BACK_AT,
    NO_SERVICE,
    RAN,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
    what_is_done,
)
from .runs import BETWEEN, DAY, LOST_FIRST, RETRYING, RUN_DUE, SECOND, STOP

ACTIONS = {
    "a run between two attempts waits until the next one is due": Case(
        Plan(look_again_at=retry_at(RETRYING.spec.retries or Retries(), [LOST_FIRST], RUN_UID)),
        BETWEEN,
        service=RETRYING,
    ),
    "the next attempt is looked for when it is due": Case(
        Plan((StartAttempt(2),), look_again_at=FINISHED + 7 * DAY, confirm=True),
        BETWEEN,
        service=RETRYING,
        now=FINISHED + 20 * SECOND,
    ),
    "the next attempt is started when it is due": Case(
        Plan((StartAttempt(2),), look_again_at=FINISHED + 7 * DAY),
        BETWEEN,
        service=RETRYING,
        live=True,
        now=FINISHED + 20 * SECOND,
    ),
    "the next attempt is started beside what is left of the one before": Case(
        Plan((StartAttempt(2),), look_again_at=FINISHED + 7 * DAY),
        BETWEEN,
        [an_attempt().failed().stopped()],
        RETRYING,
        live=True,
        now=FINISHED + 20 * SECOND,
    ),
    "an attempt before the last one is stopped where it runs all the same": Case(
        Plan((STOP,), look_again_at=RUN_DUE),
        BETWEEN,
        [an_attempt().running(), an_attempt().numbered(2).running()],
    ),
    "what is left of a lost attempt is stopped before the next one is started": Case(
        Plan((STOP,), look_again_at=FINISHED + 7 * DAY),
        BETWEEN,
        [an_attempt().failed()],
        RETRYING,
        now=FINISHED + 20 * SECOND,
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "a lost attempt is cleared away and followed by another one": Writes(
        seen(
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with Disrupted: evicted The next one starts at "
            f"{BACK_AT:%H:%M:%S} UTC.",
            startedAt=rfc3339(STARTED),
            record=RAN | {"exitCode": 1, "reason": "Disrupted", "message": "evicted"},
        ),
        attempts=[an_attempt().failed(Reason.DISRUPTED, "evicted")],
        due=NOW,
        leaves=True,
    ),
    "a failed attempt is left for people to look at, and followed by another one": Writes(
        seen(
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with TaskError: ValueError: no The next one starts at "
            f"{BACK_AT:%H:%M:%S} UTC.",
            startedAt=rfc3339(STARTED),
            record=RAN | {"exitCode": 1, "reason": "TaskError", "message": "ValueError: no"},
        ),
        attempts=[an_attempt().failed()],
        service=a_service().having(retries=Retries(limit=1)),
        due=BACK_AT,
    ),
    "a failed attempt of which a second container runs is cleared away": Writes(
        seen(
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with TaskError: no The next one starts at "
            f"{BACK_AT:%H:%M:%S} UTC.",
            startedAt=rfc3339(STARTED),
            record=RAN | {"reason": "TaskError", "message": "no"},
        ),
        attempts=[
            an_attempt().ended(Ending(Phase.FAILED, Reason.TASK_ERROR, "no", released=False))
        ],
        service=a_service().having(retries=Retries(limit=1)),
        due=NOW,
        leaves=True,
    ),
    "a run between two attempts waits for its service": Writes(
        NO_SERVICE | {"attempt": 1, "attempts": [LOST_FIRST.to_wire()]},
        BETWEEN,
        service=None,
        due=FINISHED + timedelta(days=7),
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)


class TestABudget:
    """The life of a run whose attempts all end the same way."""

    def lives(self, retries: Retries, ending: Ending) -> tuple[TaskRun, int]:
        service = a_service().having(retries=retries)
        run, now, started = a_run(), NOW, 0
        for _ in range(100):
            if run.status.terminal:
                return run, started
            plan = reconcile(run, service, [], now, live=True)
            if plan.actions:
                started += 1
                assert plan.actions == (StartAttempt(started),)
                ended = an_attempt().numbered(started).ended(ending)
                now += SECOND
                plan = reconcile(run, service, [replace(ended, finished_at=now)], now)
            if plan.status:
                run = run.saying(plan.status)
            elif plan.look_again_at:
                now = plan.look_again_at
        raise AssertionError("the run never ends")

    @table(
        {
            "a disruption is tried again as often as that": (Reason.DISRUPTED, 3),
            "a failed upload is a disruption": (Reason.RESULT_UPLOAD_FAILED, 3),
            "a failure of the task is tried again as often as that": (Reason.TASK_ERROR, 6),
            "what cannot mend is not tried again": (Reason.LOAD_FAILED, 1),
        }
    )
    def test_is_kept_to(self, case: tuple[Reason, int]) -> None:
        reason, attempts = case

        run, started = self.lives(
            Retries(limit=5, disruptions=2), Ending(Phase.FAILED, reason, "why")
        )

        assert started == attempts
        assert (run.status.phase, run.status.reason) == (Phase.FAILED, reason)
        assert [record.number for record in run.status.attempts] == list(range(1, attempts + 1))
        assert {record.reason for record in run.status.attempts} == {reason}


def test_when_the_next_attempt_starts_is_told_however_much_the_last_one_has_said() -> None:
    wordy = an_attempt().failed(Reason.DISRUPTED, "ü" * 512)

    status = reconcile(a_run(), a_service(), [wordy], NOW).status

    assert status
    assert status.message
    assert status.message.endswith(f"ü… The next one starts at {BACK_AT:%H:%M:%S} UTC.")
    assert len(status.message.encode()) <= 1024


def test_of_an_attempt_that_says_much_as_much_is_written_as_the_definition_takes() -> None:
    """What it does not take would be refused each time, and the run never end."""
    said = Ending(Phase.FAILED, Reason.TASK_ERROR, "x" * 1024, 1, error_type="E" * 128)
    wordy = an_attempt().ended(said)

    for service in (a_service(), a_service().having(retries=Retries(limit=1))):
        status = reconcile(a_run(), service, [wordy], NOW).status

        assert status
        assert TaskRunStatus.model_validate(status.to_wire()) == status
