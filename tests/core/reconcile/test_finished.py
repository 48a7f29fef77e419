"""A run that has ended, or is being deleted: kept, archived, deleted, and nothing of it left."""

from taskyard.api.reasons import Condition, Phase
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan, StopAttempt
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retention import Retention
from tests.core.builders import FINISHED, NOW, OTHER_UID, a_delivery, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import Case, what_is_done
from .runs import BETWEEN, DAY, SECOND, SHORT, STOP

UNARCHIVED = a_run().in_phase(Phase.SUCCEEDED, attempt=1, finished_at=FINISHED)
SUCCEEDED = UNARCHIVED.archived()
UNSURE = SUCCEEDED.perhaps_holding_something()
KEPT = Plan(look_again_at=FINISHED + DAY)
NOTHING = Plan()

ACTIONS = {
    "a run that is being deleted is left alone": Case(NOTHING, a_run().being_deleted()),
    "a run that is being deleted is left alone although its attempt runs": Case(
        NOTHING, a_run().cancelled().being_deleted(), [an_attempt().running()]
    ),
    "a finished run that is archived is looked at when its time is over": Case(KEPT, SUCCEEDED),
    "a finished run whose service is gone is kept as the platform says": Case(
        Plan(look_again_at=FINISHED + 2 * DAY),
        SUCCEEDED,
        service=None,
        retention=Retention(task_run=2 * DAY),
    ),
    "a finished run whose attempt has ended is kept": Case(
        KEPT, SUCCEEDED, [an_attempt().succeeded()]
    ),
    "a finished run stays as it ended, whatever its attempt says": Case(
        KEPT, SUCCEEDED, [an_attempt().failed()]
    ),
    "a finished run is not cancelled": Case(KEPT, SUCCEEDED.cancelled()),
    "a finished run is not started again": Case(KEPT, SUCCEEDED, live=True),
    "a finished run that is not archived is archived": Case(Plan((ArchiveRun(),)), UNARCHIVED),
    "a finished run is not deleted before it is archived": Case(
        Plan((ArchiveRun(),)), UNARCHIVED, service=SHORT, now=NOW + 100 * DAY
    ),
    "a finished run is kept until its time is over": Case(
        Plan(look_again_at=NOW), SUCCEEDED, service=SHORT, now=NOW - SECOND
    ),
    "a finished run is deleted when its time is over": Case(
        Plan((DeleteRun(),)), SUCCEEDED, service=SHORT
    ),
    "a finished run is deleted when the platform's time is over": Case(
        Plan((DeleteRun(),)), SUCCEEDED, retention=Retention(task_run=10 * SECOND)
    ),
    "a finished run is not deleted before its callback was told": Case(
        Plan(), SUCCEEDED.owing(a_delivery()), service=SHORT, now=NOW + 100 * DAY
    ),
    "a finished run is deleted though its callback was given up": Case(
        Plan((DeleteRun(),)), SUCCEEDED.owing(a_delivery(given_up_at=NOW)), service=SHORT
    ),
    "a finished run's running attempt is stopped": Case(
        Plan((STOP,), look_again_at=FINISHED + DAY), SUCCEEDED, [an_attempt().running()]
    ),
    "a finished run's waiting attempt is stopped": Case(
        Plan((STOP,), look_again_at=FINISHED + DAY), SUCCEEDED, [an_attempt()]
    ),
    "a finished run's attempt is stopped although the status says that it has ended": Case(
        Plan((STOP,), look_again_at=FINISHED + DAY),
        BETWEEN.saying(
            BETWEEN.status.model_copy(update={"phase": "Failed", "finished_at": FINISHED})
        ).archived(),
        [an_attempt().running()],
    ),
    "whatever is left of a finished run is stopped": Case(
        Plan((STOP, StopAttempt(2)), look_again_at=FINISHED + DAY),
        SUCCEEDED,
        [an_attempt().numbered(2), an_attempt().running()],
    ),
    "a finished run's attempt is stopped before it is archived": Case(
        Plan((STOP, ArchiveRun())), UNARCHIVED, [an_attempt().running()]
    ),
    "a finished run's attempt is stopped before it is deleted": Case(
        Plan((STOP, DeleteRun())), SUCCEEDED, [an_attempt().running()], SHORT
    ),
    "a finished run's attempt is stopped only once": Case(
        KEPT, SUCCEEDED, [an_attempt().running().stopped()]
    ),
    "a finished run that may hold something asks again whether it does": Case(
        Plan(confirm=True), UNSURE
    ),
    "a finished run that may hold something asks again, archived or not": Case(
        Plan(confirm=True), UNARCHIVED.perhaps_holding_something()
    ),
    "a finished run holds what its attempt holds": Case(
        KEPT, UNSURE, [an_attempt().running().stopped()], live=True
    ),
    "a finished run that is being deleted need not say what it holds": Case(
        NOTHING, UNSURE.being_deleted(), live=True
    ),
    "a finished run does not stop its namesake's attempt": Case(
        KEPT, SUCCEEDED, [an_attempt().of_run(OTHER_UID).running()]
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


@table(
    {
        "of which nothing is left": [],
        "whose attempt has ended": [an_attempt().succeeded()],
        "whose namesake runs": [an_attempt().of_run(OTHER_UID).running()],
    }
)
def test_resources_are_called_free_once_they_are_of_a_run(case: list[Attempt]) -> None:
    later = NOW + SECOND

    plan = reconcile(UNSURE, a_service(), case, later, live=True)

    assert plan.status
    *others, released = plan.status.conditions
    assert (released.type, released.status) == (Condition.RESOURCES_RELEASED, "True")
    assert (released.reason, released.last_transition_time) == ("Ended", later)
    assert plan.status.model_copy(update={"conditions": others}) == SUCCEEDED.status
    assert reconcile(UNSURE.saying(plan.status), a_service(), case, later) == KEPT
