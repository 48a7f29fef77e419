"""What a callback is owed: which phases, when each is tried, and when it is given up."""

from datetime import timedelta
from typing import Any

import pytest

from taskyard.api.callback import Callback, Delivery
from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.callbacks import (
    CallbackSettings,
    Outcome,
    callback_outcomes,
    with_callback,
)
from taskyard_operator.core.plan import ArchiveRun, Plan

from .builders import CALLBACK_URL, NOW, OTHER_UID, RUN_UID, ARun, a_delivery, a_run, a_service
from .tables import table

SETTINGS = CallbackSettings()
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ASKING = a_run().with_callback()
OPEN, DELIVERED = a_delivery(), a_delivery(next_attempt_at=None, delivered_at=NOW)


def turning(run: ARun, phase: Phase) -> Plan:
    """A plan that says a phase."""
    return Plan(status=run.in_phase(phase, callback=run.status.callback).status)


def failed(delivery: Delivery, **fields: Any) -> Outcome:
    told: dict[str, Any] = {"at": NOW, "error": "hooks.example answered 500."} | fields
    return Outcome(RUN_UID, str(delivery.phase), delivery.attempts + 1, **told)


def after(
    run: TaskRun,
    plan: Plan | None = None,
    outcome: Outcome | None = None,
    service: TaskService | None = None,
) -> list[Delivery]:
    """What the status says of deliveries once the plan is carried out."""
    told = with_callback(plan or Plan(), run, service, outcome, SETTINGS, NOW)
    status = told.status or run.status
    return status.callback.deliveries if status.callback else []


class TestOwed:
    @table(
        {
            "nothing where nobody asked": (a_run(), Phase.SUCCEEDED, []),
            "a success": (ASKING, Phase.SUCCEEDED, [Phase.SUCCEEDED]),
            "a failure": (ASKING, Phase.FAILED, [Phase.FAILED]),
            "a cancel": (ASKING, Phase.CANCELLED, [Phase.CANCELLED]),
            "nothing of the way there, unless asked": (ASKING, Phase.RUNNING, []),
            "the way there, where asked": (
                a_run().with_callback(Phase.RUNNING),
                Phase.RUNNING,
                [Phase.RUNNING],
            ),
            "nothing but what was asked": (
                a_run().with_callback(Phase.FAILED),
                Phase.SUCCEEDED,
                [],
            ),
        }
    )
    def test_is(self, case: tuple[ARun, Phase, list[Phase]]) -> None:
        run, phase, owed = case

        assert after(run, turning(run, phase)) == [a_delivery(each) for each in owed]

    def test_is_what_the_service_says_where_the_run_says_nothing(self) -> None:
        service = a_service().having(callback=Callback(url="https://team.example"))

        plan = with_callback(turning(a_run(), Phase.FAILED), a_run(), service, None, SETTINGS, NOW)

        assert plan.status
        assert plan.status.callback
        assert plan.status.callback.url == "https://team.example"
        assert after(a_run().with_callback(), turning(a_run(), Phase.FAILED), service=service)

    def test_is_nothing_of_a_run_that_had_ended_before_its_service_asked(self) -> None:
        service = a_service().having(callback=Callback(url=CALLBACK_URL))

        assert after(a_run().in_phase(Phase.FAILED), service=service) == []

    def test_is_a_phase_that_was_said_before_its_service_asked(self) -> None:
        service = a_service().having(callback=Callback(url=CALLBACK_URL, states=[Phase.RUNNING]))

        assert after(a_run().in_phase(Phase.RUNNING), service=service) == [
            a_delivery(Phase.RUNNING)
        ]

    def test_is_each_phase_once(self) -> None:
        told = a_delivery(Phase.RUNNING, delivered_at=NOW)
        run = a_run().with_callback(Phase.RUNNING).in_phase(Phase.QUEUED).owing(told)

        assert after(run, turning(run, Phase.RUNNING)) == [told]

    def test_is_given_up_once_the_run_went_on(self) -> None:
        run = a_run().with_callback(Phase.RUNNING).in_phase(Phase.RUNNING)

        (told,) = after(
            run.owing(a_delivery(Phase.RUNNING)),
            turning(run.owing(a_delivery(Phase.RUNNING)), Phase.SUCCEEDED),
        )

        assert told.given_up_at == NOW
        assert told.message == "The run went on before this could be delivered."

    def test_is_nothing_of_a_run_that_is_being_deleted(self) -> None:
        assert after(ASKING.being_deleted(), turning(ASKING, Phase.FAILED)) == []


class TestAnAttempt:
    ended = ASKING.in_phase(Phase.SUCCEEDED)

    def test_that_went_well_is_the_last(self) -> None:
        (told,) = after(self.ended.owing(OPEN), outcome=failed(OPEN, error=None))

        assert told == DELIVERED.model_copy(update={"attempts": 1})

    @table(
        {
            "the first": (0, 5 * SECOND),
            "the second": (1, 15 * SECOND),
            "the fifth": (4, 405 * SECOND),
            "the tenth": (9, timedelta(hours=6)),
            "the last that anybody counts": (10**6, timedelta(hours=6)),
        }
    )
    def test_that_failed_is_followed_by_another_after_a_longer_wait(
        self, case: tuple[int, timedelta]
    ) -> None:
        before, wait = case
        delivery = a_delivery(attempts=before)

        (told,) = after(self.ended.owing(delivery), outcome=failed(delivery))

        assert told.attempts == before + 1
        assert told.message == "hooks.example answered 500."
        assert told.next_attempt_at
        assert 0.75 * wait <= told.next_attempt_at - NOW <= wait

    def test_is_made_when_the_time_is_over_and_no_later(self) -> None:
        late = a_delivery(attempts=9)

        (told,) = after(self.ended.owing(late), outcome=failed(late, at=late.until - SECOND))

        assert told.next_attempt_at == late.until

    @table(
        {
            "the time is over": failed(OPEN, at=NOW + DAY),
            "no other could go better": failed(OPEN, final=True),
        }
    )
    def test_that_failed_is_the_last_when(self, case: Outcome) -> None:
        (told,) = after(self.ended.owing(OPEN), outcome=case)

        assert (told.given_up_at, told.next_attempt_at) == (case.at, None)
        assert told.message == "hooks.example answered 500."

    @table(
        {
            "of another run of that name": Outcome(OTHER_UID, Phase.SUCCEEDED, 1, NOW),
            "that is written down already": Outcome(RUN_UID, Phase.SUCCEEDED, 0, NOW),
            "of a phase that is not owed": Outcome(RUN_UID, Phase.FAILED, 1, NOW),
        }
    )
    def test_changes_nothing(self, case: Outcome) -> None:
        assert after(self.ended.owing(OPEN), outcome=case) == [OPEN]

    def test_that_went_well_counts_though_the_run_went_on_meanwhile(self) -> None:
        left = a_delivery(Phase.RUNNING, next_attempt_at=None, given_up_at=NOW)

        told, open_ = after(self.ended.owing(left, OPEN), outcome=failed(left, error=None))

        assert (told.delivered_at, told.given_up_at, told.message) == (NOW, None, None)
        assert open_ == OPEN

    def test_is_written_before_the_run_is_archived(self) -> None:
        plan = Plan((ArchiveRun(),))

        told = with_callback(plan, self.ended.owing(OPEN), None, failed(OPEN), SETTINGS, NOW)

        assert told.actions == ()
        assert told.status

    def test_says_no_more_than_a_status_can_hold(self) -> None:
        (told,) = after(self.ended.owing(OPEN), outcome=failed(OPEN, error="ü" * 500))

        assert told.message
        assert len(told.message.encode()) <= 256


@pytest.mark.parametrize(
    ("told", "outcomes"),
    [
        pytest.param(OPEN, [], id="nothing was tried"),
        pytest.param(a_delivery(attempts=1), ["Failed"], id="it failed"),
        pytest.param(a_delivery(attempts=1, delivered_at=NOW), ["Delivered"], id="it went well"),
        pytest.param(a_delivery(attempts=1, given_up_at=NOW), ["GivenUp"], id="it was the last"),
        pytest.param(a_delivery(given_up_at=NOW), [], id="it was given up without a try"),
    ],
)
def test_what_is_counted_is_attempts(told: Delivery, outcomes: list[str]) -> None:
    before, after_ = a_run().owing(OPEN).status, a_run().owing(told).status

    assert callback_outcomes(before, after_) == outcomes
