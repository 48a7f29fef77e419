"""An attempt that waits or runs, and what is told of it."""

from dataclasses import replace
from datetime import timedelta

from taskyard.api.reasons import Phase, WaitingReason
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import AttemptRecord, ServiceSeen
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.steps.current_attempt import (
    BUSY_START,
    QUIET_RUN,
    QUIET_START,
    QUIET_TROUBLE,
)
from tests.core.builders import CREATED, NOW, STARTED, a_run, a_service, an_attempt
from tests.core.tables import table

from .cases import (
    ON_POD,
    Case,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
    what_is_done,
)
from .runs import QUEUE_DUE, RUN_DUE, SECOND, START_DUE

IN_LINE = (WaitingReason.CONTAINER_CREATING, "No controller has come to it.")

ACTIONS = {
    "an attempt that was just made is not spoken of yet": Case(
        Plan(look_again_at=NOW + QUIET_START - SECOND),
        attempts=[an_attempt().made(NOW - SECOND).on_pod()],
    ),
    "an attempt that carries no time is not spoken of yet": Case(
        Plan(look_again_at=NOW + QUIET_START), attempts=[an_attempt().made(None)]
    ),
    "one that waits for more than its container is spoken of sooner": Case(
        Plan(look_again_at=NOW + QUIET_TROUBLE - SECOND),
        attempts=[
            an_attempt().made(NOW - SECOND).waiting_for(WaitingReason.UNSCHEDULABLE, "No node.")
        ],
    ),
    "one that waits for those before it is spoken of late": Case(
        Plan(look_again_at=NOW + 29 * SECOND),
        attempts=[an_attempt().made(NOW - SECOND).waiting_for(*IN_LINE, quiet=30 * SECOND)],
    ),
    "a Job that has waited in line may take its time for the pod from there": Case(
        Plan(look_again_at=NOW + QUIET_START - SECOND),
        attempts=[replace(an_attempt().made(NOW - SECOND), created_at=NOW - 20 * SECOND)],
    ),
    "while others wait for a look, one that the cluster has not come to is spoken of later": Case(
        Plan(look_again_at=NOW + QUIET_START),
        attempts=[an_attempt().made(NOW - QUIET_START - BUSY_START + SECOND)],
        busy=True,
    ),
    "while others wait for a look, one that has just begun to run is not spoken of yet": Case(
        Plan(look_again_at=NOW - SECOND + QUIET_RUN),
        attempts=[replace(an_attempt().running(), started_at=NOW - SECOND)],
        busy=True,
    ),
    "on which node it is, is no news by itself": Case(
        Plan(look_again_at=START_DUE),
        a_run().in_phase(Phase.STARTING, attempt=1),
        attempts=[an_attempt().on_pod()],
    ),
}


@table(ACTIONS)
def test_what_is_done(case: Case) -> None:
    assert what_is_done(case) == case.want


WRITES = {
    "an attempt that waits for long is starting": Writes(
        seen(phase="Starting"), attempts=[an_attempt()], due=START_DUE
    ),
    "an attempt that waits says why": Writes(
        seen(phase="Starting", reason="Unschedulable", message="No node can take the pod now."),
        attempts=[
            an_attempt().waiting_for(WaitingReason.UNSCHEDULABLE, "No node can take the pod now.")
        ],
        due=START_DUE,
    ),
    "an attempt that waits for its image is looked at when the patience is over": Writes(
        seen(
            phase="Starting",
            reason="PullingImage",
            message="no such image",
            record={"pod": "call-7-1-x2v4q", "node": "node-1"},
        ),
        attempts=[
            an_attempt()
            .on_pod()
            .placed(NOW - 30 * SECOND)
            .waiting_for(WaitingReason.PULLING_IMAGE, "no such image", timedelta(seconds=60))
        ],
        due=NOW + 30 * SECOND,
    ),
    "an attempt that waits for its image may not say since when": Writes(
        seen(phase="Starting", reason="PullingImage", message="no such image"),
        attempts=[
            an_attempt().waiting_for(
                WaitingReason.PULLING_IMAGE, "no such image", timedelta(seconds=60)
            )
        ],
        due=NOW + timedelta(seconds=60),
    ),
    "an attempt that is suspended is starting, and waits in the queue": Writes(
        seen(
            phase="Starting",
            reason="Suspended",
            message="The Job is suspended.",
            admitted=None,
        ),
        attempts=[an_attempt().suspended()],
        due=QUEUE_DUE,
    ),
    "an attempt that says no start may run on": Writes(
        seen(phase="Running", record={"pod": "call-7-1-x2v4q", "node": "node-1"}),
        attempts=[replace(an_attempt().running(), started_at=None)],
    ),
    "an attempt is starting from the end of the quiet time": Writes(
        seen(
            phase="Starting",
            record={"pod": "call-7-1-x2v4q", "node": "node-1"},
            admitted=NOW - QUIET_START,
        ),
        attempts=[an_attempt().made(NOW - QUIET_START).on_pod()],
        due=NOW - QUIET_START + timedelta(hours=1),
    ),
    "a Job has waited for its pod for long enough to speak of it": Writes(
        seen(phase="Starting", admitted=NOW - QUIET_START),
        attempts=[an_attempt().made(NOW - QUIET_START)],
        due=NOW - QUIET_START + timedelta(hours=1),
    ),
    "an attempt that runs at once is running, without a word of starting": Writes(
        seen(phase="Running", record=ON_POD, startedAt=rfc3339(STARTED), admitted=NOW),
        attempts=[an_attempt().made(NOW).running()],
        due=RUN_DUE,
    ),
    "an attempt that the cluster does not come to is starting in the end, however many wait": Writes(
        seen(phase="Starting", admitted=NOW - QUIET_START - BUSY_START),
        attempts=[an_attempt().made(NOW - QUIET_START - BUSY_START)],
        busy=True,
        due=NOW - QUIET_START - BUSY_START + timedelta(hours=1),
    ),
    "trouble that is over is told of as that, however many wait for a look": Writes(
        seen(
            phase="Starting",
            reason="ContainerCreating",
            message="It is being made.",
            record={"pod": "call-7-1-x2v4q", "node": "node-1"},
        ),
        a_run().in_phase(
            Phase.STARTING,
            reason="Unschedulable",
            message="No node.",
            attempt=1,
            attempts=[AttemptRecord(number=1, job="call-7-1")],
        ),
        attempts=[
            an_attempt().on_pod().waiting_for(WaitingReason.CONTAINER_CREATING, "It is being made.")
        ],
        busy=True,
        due=START_DUE,
    ),
    "that a Secret is missing is told of, however many wait for a look": Writes(
        seen(phase="Starting", reason="ContainerCreating", message="No such Secret: key."),
        attempts=[
            an_attempt().waiting_for(WaitingReason.CONTAINER_CREATING, "No such Secret: key.")
        ],
        busy=True,
        due=START_DUE,
    ),
    "trouble is told of, however many wait for a look": Writes(
        seen(phase="Starting", reason="Unschedulable", message="No node."),
        attempts=[an_attempt().waiting_for(WaitingReason.UNSCHEDULABLE, "No node.")],
        busy=True,
        due=START_DUE,
    ),
    "an attempt that runs on is running, however many wait for a look": Writes(
        seen(phase="Running", record=ON_POD, startedAt=rfc3339(STARTED)),
        attempts=[an_attempt().running()],
        busy=True,
        due=RUN_DUE,
    ),
    "an attempt that a queue of the cluster may take back is running at once": Writes(
        seen(
            phase="Running",
            record=ON_POD | {"startedAt": rfc3339(NOW - SECOND)},
            startedAt=rfc3339(NOW - SECOND),
        ),
        service=a_service().in_queue(local_queue="gpus"),
        attempts=[replace(an_attempt().running(), started_at=NOW - SECOND)],
        busy=True,
        due=RUN_DUE + (NOW - SECOND - STARTED),
    ),
    "a node whose clock is ahead keeps nobody silent": Writes(
        seen(
            phase="Running",
            record=ON_POD | {"startedAt": rfc3339(NOW)},
            startedAt=rfc3339(NOW),
        ),
        attempts=[replace(an_attempt().running(), started_at=NOW + SECOND)],
        busy=True,
        due=RUN_DUE + (NOW - STARTED),
    ),
    "a run that waited says nothing of that when it runs": Writes(
        seen(phase="Running", record=ON_POD, startedAt=rfc3339(STARTED)),
        a_run().in_phase(Phase.STARTING, reason="PullingImage", message="It is being pulled."),
        [an_attempt().running()],
        due=RUN_DUE,
    ),
    "a running run whose service is gone keeps the image that it began with": Writes(
        seen(
            phase="Running",
            record=ON_POD,
            startedAt=rfc3339(STARTED),
            service={"generation": 2, "image": "old:1"},
        ),
        a_run().in_phase(Phase.STARTING, service=ServiceSeen(generation=2, image="old:1")),
        [an_attempt().running()],
        None,
        due=RUN_DUE,
    ),
    "a running run keeps the image that it began with when its service changes": Writes(
        seen(
            phase="Running",
            record=ON_POD,
            startedAt=rfc3339(STARTED),
            service={"generation": 2, "image": "old:1"},
        ),
        a_run().in_phase(Phase.STARTING, service=ServiceSeen(generation=2, image="old:1")),
        [an_attempt().running()],
        due=RUN_DUE,
    ),
    "the latest attempt counts, in whatever order they come": Writes(
        seen(
            phase="Running",
            attempt=2,
            record=ON_POD | {"number": 2, "job": "call-7-2"},
            startedAt=rfc3339(STARTED),
        ),
        attempts=[an_attempt().numbered(2).running(), an_attempt().failed()],
        due=RUN_DUE,
    ),
    "a later attempt keeps the record of the earlier one, and the run's start": Writes(
        seen(
            phase="Running",
            attempt=2,
            attempts=[
                {"number": 1, "job": "call-7-1", "reason": "Disrupted"},
                {"number": 2, "job": "call-7-2", "admittedAt": rfc3339(CREATED), **ON_POD},
            ],
            startedAt=rfc3339(CREATED),
        ),
        a_run().in_phase(
            Phase.RUNNING,
            attempt=1,
            attempts=[AttemptRecord(number=1, job="call-7-1", reason="Disrupted")],
            started_at=CREATED,
        ),
        [an_attempt().numbered(2).running()],
        due=RUN_DUE,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)
