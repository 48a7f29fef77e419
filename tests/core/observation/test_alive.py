"""What is told of an attempt that has not ended: what it waits for, and that it runs."""

from dataclasses import replace

from taskyard.api.reasons import WaitingReason
from taskyard.api.resource import rfc3339
from taskyard_operator.core.attempt import Waiting
from tests.core.builders import CREATED, NOW
from tests.core.manifests import a_job, a_pod
from tests.core.tables import table

from .cases import ADMITTED, DAYS, IN_POD, MADE, NO_POD, ON_NODE, PLACED, RUNS, Case, check

CASES = {
    "nothing is nothing": Case(None, None, None),
    "a Job without a pod waits for it": Case(a_job(), None, MADE),
    "a suspended Job says so": Case(
        a_job().suspended(),
        None,
        replace(
            MADE,
            admitted_at=None,
            waiting=Waiting(WaitingReason.SUSPENDED, "The Job is suspended."),
        ),
    ),
    "a Job that was admitted late says when": Case(
        a_job().begun(ADMITTED),
        None,
        replace(MADE, admitted_at=ADMITTED, waiting=NO_POD),
    ),
    "a Job that was suspended again is not admitted any more": Case(
        a_job().suspended().begun(ADMITTED),
        None,
        replace(
            MADE,
            admitted_at=None,
            waiting=Waiting(WaitingReason.SUSPENDED, "The Job is suspended."),
        ),
    ),
    "a Job that was let go is held until the Job controller has come to it": Case(
        a_job().begun(ADMITTED).with_condition("Suspended"),
        None,
        replace(
            MADE,
            admitted_at=None,
            waiting=Waiting(WaitingReason.SUSPENDED, "The Job is suspended."),
        ),
    ),
    "a Job that was let go and taken up was admitted then": Case(
        a_job().begun(ADMITTED).with_condition("Suspended", "False"),
        None,
        replace(MADE, admitted_at=ADMITTED, waiting=NO_POD),
    ),
    "a Job that is being deleted is stopping": Case(
        a_job().being_deleted(), None, replace(MADE, stopping=True)
    ),
    "a Job without a creation time has none": Case(
        a_job().set("metadata", "creationTimestamp", to=None),
        None,
        replace(MADE, created_at=None, admitted_at=None),
    ),
    "with a pod it is the pod's creation that counts": Case(
        a_job(),
        a_pod().set("metadata", "creationTimestamp", to=rfc3339(ADMITTED)),
        replace(IN_POD, created_at=ADMITTED),
    ),
    "a pod on its node says since when": Case(
        a_job(),
        a_pod().on_node().placed(PLACED),
        replace(ON_NODE, placed_at=PLACED),
    ),
    "a pod that is being deleted says until when it has time": Case(
        a_job(), a_pod().running().being_deleted(), replace(RUNS, gone_by=NOW)
    ),
    "a pod that nobody has placed waits": Case(a_job(), a_pod(), IN_POD),
    "a pod that no node can take says why": Case(
        a_job(),
        a_pod().unschedulable("Insufficient nvidia.com/gpu"),
        replace(
            IN_POD,
            waiting=Waiting(
                WaitingReason.UNSCHEDULABLE,
                "No node can take the pod now: Insufficient nvidia.com/gpu",
            ),
        ),
    ),
    "a pod whose container is being made waits on its node": Case(
        a_job(),
        a_pod().waiting(),
        replace(
            ON_NODE,
            waiting=Waiting(
                WaitingReason.CONTAINER_CREATING,
                "The container is being made; if this lasts, its image is still pulled, or a volume "
                "names a ConfigMap, Secret or claim that is not there: kubectl describe pod tells.",
            ),
        ),
    ),
    "a running container runs": Case(a_job(), a_pod().running(), RUNS),
    "a container that began before its pod, by the clock of its node, began with it": Case(
        a_job(), a_pod().running(CREATED - DAYS), replace(RUNS, started_at=CREATED)
    ),
    "a pod without status at all waits": Case(a_job(), a_pod().set("status", to={}), IN_POD),
    "another container's state is not the task's": Case(
        a_job(),
        a_pod().on_node().with_container({"running": {}}, name="sidecar"),
        ON_NODE,
    ),
    "the state of the task is found behind another container's": Case(
        a_job(), a_pod().with_container({"running": {}}, name="sidecar").running(), RUNS
    ),
    "a container without a state waits": Case(
        a_job(),
        a_pod().on_node().set("status", "containerStatuses", to=[{"name": "task"}]),
        ON_NODE,
    ),
    "a pod whose Job was deleted from above it lives on, and nobody stops it": Case(
        None, a_pod().running(), RUNS
    ),
    "a pod whose Job is gone is stopping when it is being deleted itself": Case(
        None, a_pod().running().being_deleted(), replace(RUNS, stopping=True, gone_by=NOW)
    ),
    "a Job that is about to fail has not failed": Case(
        a_job().with_condition("FailureTarget").with_condition("Failed", "False"), None, MADE
    ),
    "a failed Job whose pod still runs is running": Case(a_job().failed(), a_pod().running(), RUNS),
}


@table(CASES)
def test_what_is_seen_of_an_attempt_that_lives_is_told(case: Case) -> None:
    check(case)
