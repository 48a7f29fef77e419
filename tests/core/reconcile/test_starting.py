"""Before the first attempt: is there such a service, may the input be, and off it goes."""

from taskyard.api.reasons import Phase
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.plan import Plan, StartAttempt
from taskyard_operator.core.reconcile import reconcile
from tests.core.builders import NOW, OTHER_UID, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    NO_SERVICE,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    unseen,
    what_is_done,
)
from .runs import FOREIGN, LARGE, QUEUE_DUE

START = Plan((StartAttempt(1),), look_again_at=QUEUE_DUE)
FOREIGN_KEY = unseen(
    phase="Failed",
    reason="InvalidInput",
    message="spec.input.object.key must begin with team/ and have no empty, '.' or '..' parts: "
    "a run reads only objects of its own namespace.",
    finishedAt=rfc3339(NOW),
)
TOO_LARGE = unseen(
    phase="Failed",
    reason="InvalidInput",
    message="spec.input.inline has 8193 bytes of JSON and may have 8192: "
    "submit it through the gateway, which keeps larger inputs in object storage.",
    finishedAt=rfc3339(NOW),
)

ACTIONS = {
    "a new run is started": Case(START),
    "a run is started whose status tells, by somebody's hand, of an attempt that none can be": Case(
        START, a_run().in_phase(Phase.QUEUED, attempt=-1)
    ),
    "a run that says not when it was created has no time in the queue": Case(
        Plan((StartAttempt(1),)), a_run().made(None)
    ),
    "a new run whose input is in the store is started": Case(
        START, a_run().with_object("team/call-7/input")
    ),
    "an attempt of another run of this name does not count": Case(
        START, attempts=[an_attempt().of_run(OTHER_UID).succeeded()]
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "an object of another namespace is no input": Writes(FOREIGN_KEY, FOREIGN),
    "an object of another namespace is no input although the service is missing": Writes(
        FOREIGN_KEY, FOREIGN, service=None
    ),
    "an object key that climbs out of the namespace is no input": Writes(
        FOREIGN_KEY, a_run().with_object("team/../other/secret")
    ),
    "an input too large for etcd is refused": Writes(TOO_LARGE, LARGE),
    "a run without its service waits for it": Writes(NO_SERVICE, service=None, due=QUEUE_DUE),
    "a run without its service waits for it, also on live data": Writes(
        NO_SERVICE, service=None, live=True, due=QUEUE_DUE
    ),
    "a task that the service does not have is waited for": Writes(
        unseen(
            phase="Queued",
            reason="ServiceInvalid",
            message="TaskService summarizer has no task summarize; it has: translate, tag.",
        ),
        service=a_service().with_tasks("translate", "tag"),
        due=QUEUE_DUE,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)


@table(
    {
        "that starts": a_run(),
        "that starts with an object of its namespace": a_run().with_object("team/x/input"),
        "that starts with the largest input": a_run().with_inline(
            text="x" * (8192 - len('{"text":""}'))
        ),
        "whose input is counted in bytes of UTF-8": a_run().with_inline(
            text="ü" * ((8192 - len('{"text":""}')) // 2)
        ),
    }
)
def test_an_input_of_a_run(case: TaskRun) -> None:
    assert reconcile(case, a_service(), [], NOW) == START


@table({"of another namespace": FOREIGN, "too large": LARGE})
def test_an_impossible_input_does_not_end_what_runs_all_the_same(case: TaskRun) -> None:
    plan = reconcile(case, a_service(), [an_attempt().running()], NOW)

    assert plan.status
    assert plan.status.phase == Phase.RUNNING
