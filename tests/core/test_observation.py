"""From a Job and its Pod to an attempt."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from taskyard.api.names import CONTAINER, bounded
from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.resource import rfc3339
from taskyard_operator.core.attempt import Attempt, Ending, Stage, Waiting
from taskyard_operator.core.observation import observe

from .builders import (
    CREATED,
    FINISHED,
    NOW,
    RUN_UID,
    STARTED,
    AJob,
    APod,
    a_cancellation,
    a_failure,
    a_job,
    a_pod,
    a_result,
    a_success,
)
from .tables import table

NO_POD = Waiting(
    WaitingReason.CONTAINER_CREATING,
    "The Job has no pod yet; if this lasts, a quota or an admission policy of the namespace "
    "refuses it: kubectl describe job tells.",
)
IN_LINE = Waiting(
    WaitingReason.CONTAINER_CREATING,
    "The cluster's Job controller has not come to the Job yet.",
    quiet=timedelta(seconds=30),
)
MADE = Attempt(
    1,
    RUN_UID,
    "call-7-1",
    Stage.WAITING,
    created_at=CREATED,
    admitted_at=CREATED,
    waiting=IN_LINE,
)
"""What a Job alone amounts to; the cases below tell what is different."""
IN_POD = replace(MADE, pod="call-7-1-x2v4q", waiting=None)
ON_NODE = replace(IN_POD, node="node-1")
RUNS = replace(ON_NODE, stage=Stage.RUNNING, started_at=STARTED)
LOST = Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was gone before its report could be read.")
ADMITTED = CREATED + timedelta(seconds=20)
PLACED = CREATED + timedelta(seconds=25)


def ended(phase: Phase, reason: Reason | None, message: str, exit_code: int | None) -> Attempt:
    ending = Ending(phase, reason, message, exit_code)
    return replace(RUNS, stage=Stage.ENDED, finished_at=FINISHED, ending=ending)


def failed(reason: Reason, message: str, exit_code: int | None = 1) -> Attempt:
    return ended(Phase.FAILED, reason, message, exit_code)


def succeeded(exit_code: int = 0) -> Attempt:
    ending = Ending(Phase.SUCCEEDED, exit_code=exit_code, result=a_result(), log_stored=True)
    return replace(RUNS, stage=Stage.ENDED, finished_at=FINISHED, ending=ending)


def released(attempt: Attempt, *, free: bool) -> Attempt:
    assert attempt.ending
    return replace(attempt, ending=replace(attempt.ending, released=free))


def being_deleted(attempt: Attempt) -> Attempt:
    """Its pod, not its Job."""
    return replace(attempt, gone_by=NOW)


@dataclass(frozen=True)
class Case:
    job: AJob | None
    pod: APod | None
    want: Attempt | None
    log_of: str | None = None
    """The container whose log is still to be stored."""


NO_REPORT = "The runner ended with exit code {} and left no report."
NO_REASON = "The runner gave no reason that a runner may give: it did not work"

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
    "a report of success is trusted": Case(
        a_job(), a_pod().terminated(0, a_success()), succeeded()
    ),
    "a report of success counts although the Job does not know yet that it failed": Case(
        a_job(), a_pod().terminated(137, a_success(), reason="OOMKilled"), succeeded(137)
    ),
    "a pod whose Job is gone can still report success": Case(
        None,
        a_pod().being_deleted().terminated(0, a_success()),
        replace(succeeded(), stopping=True, gone_by=NOW),
    ),
    "a report of failure gives reason and message": Case(
        a_job(),
        a_pod().terminated(1, a_failure("TaskError", "ValueError: no")),
        failed(Reason.TASK_ERROR, "ValueError: no"),
    ),
    "a report of out of memory is believed although only a child was killed": Case(
        a_job(),
        a_pod().terminated(1, a_failure("OutOfMemory")),
        failed(Reason.OUT_OF_MEMORY, "it did not work"),
    ),
    "a report that claims a reason which a runner may not give is a crash": Case(
        a_job(),
        a_pod().terminated(1, a_failure("Disrupted")),
        failed(Reason.PROCESS_CRASHED, NO_REASON),
    ),
    "a report with a reason that nobody knows is a crash": Case(
        a_job(),
        a_pod().terminated(1, a_failure("BadMood")),
        failed(Reason.PROCESS_CRASHED, NO_REASON),
    ),
    "a report of success without a result is not believed": Case(
        a_job(),
        a_pod().terminated(0, '{"outcome": "Succeeded"}'),
        failed(
            Reason.PROCESS_CRASHED,
            f'{NO_REPORT.format(0)} The last line of its log: {{"outcome": "Succeeded"}}',
            0,
        ),
        log_of=CONTAINER,
    ),
    "a report of an unknown outcome is not believed": Case(
        a_job(),
        a_pod().terminated(0, '{"outcome": "Fine"}'),
        failed(
            Reason.PROCESS_CRASHED,
            f'{NO_REPORT.format(0)} The last line of its log: {{"outcome": "Fine"}}',
            0,
        ),
        log_of=CONTAINER,
    ),
    "half a report is none": Case(
        a_job(),
        a_pod().terminated(1, a_success().to_json()[:40]),
        failed(
            Reason.PROCESS_CRASHED,
            f"{NO_REPORT.format(1)} The last line of its log: {a_success().to_json()[:40]}",
        ),
        log_of=CONTAINER,
    ),
    "a report so deeply nested that it cannot be read is none": Case(
        a_job(),
        a_pod().terminated(1, "[" * 4096),
        failed(
            Reason.PROCESS_CRASHED,
            bounded(f"{NO_REPORT.format(1)} The last line of its log: {'[' * 4096}"),
        ),
        log_of=CONTAINER,
    ),
    "what a runner without a report said last is told": Case(
        a_job(),
        a_pod().terminated(139, "loading\nterminate called: bad_alloc\n\n"),
        failed(
            Reason.PROCESS_CRASHED,
            f"{NO_REPORT.format(139)} The last line of its log: terminate called: bad_alloc",
            139,
        ),
        log_of=CONTAINER,
    ),
    "an image without the runner is told from a crash": Case(
        a_job(),
        a_pod().terminated(1, "/usr/bin/python: No module named taskyard_runtime\n"),
        failed(
            Reason.LOAD_FAILED,
            "The image has no taskyard_runtime: build it on the runtime image of Taskyard.",
        ),
        log_of=CONTAINER,
    ),
    "an end beside a second container that runs has not freed anything": Case(
        a_job(),
        a_pod().with_container({"running": {}}, name="proxy").terminated(0, a_success()),
        released(succeeded(), free=False),
    ),
    "an end beside a second container that has ended has": Case(
        a_job(),
        a_pod().with_container({"terminated": {}}, name="proxy").terminated(0, a_success()),
        succeeded(),
    ),
    "an init container that failed says which, and how": Case(
        a_job(),
        a_pod().in_phase("Failed").with_init_container(3),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(
                Phase.FAILED,
                Reason.PROCESS_CRASHED,
                "The init container fetch ended with exit code 3.",
                3,
            ),
        ),
        log_of="fetch",
    ),
    "an init container that an eviction ended has not failed": Case(
        a_job(),
        a_pod().evicted().with_init_container(137),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(
                Phase.FAILED,
                Reason.DISRUPTED,
                "The pod was lost: The node was low on resource: memory.",
            ),
        ),
    ),
    "a pod that was lost after its init container had succeeded is disrupted": Case(
        a_job(),
        a_pod().in_phase("Failed").with_init_container(0),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was lost: it was ended"),
        ),
    ),
    "an exit with 0 and no report is no success": Case(
        a_job(),
        a_pod().terminated(0),
        failed(Reason.PROCESS_CRASHED, NO_REPORT.format(0), 0),
        log_of=CONTAINER,
    ),
    "a crash without a report gives its exit code": Case(
        a_job(),
        a_pod().terminated(139),
        failed(Reason.PROCESS_CRASHED, NO_REPORT.format(139), 139),
        log_of=CONTAINER,
    ),
    "SIGKILL by nobody known is a crash": Case(
        a_job(),
        a_pod().terminated(137),
        failed(Reason.PROCESS_CRASHED, NO_REPORT.format(137), 137),
        log_of=CONTAINER,
    ),
    "a kill by the kernel for memory is out of memory": Case(
        a_job(),
        a_pod().terminated(137, reason="OOMKilled"),
        failed(Reason.OUT_OF_MEMORY, Reason.OUT_OF_MEMORY.description, 137),
        log_of=CONTAINER,
    ),
    "a child's kill for memory shows with exit code 0 on cgroup v1": Case(
        a_job(),
        a_pod().terminated(0, reason="OOMKilled"),
        failed(Reason.OUT_OF_MEMORY, Reason.OUT_OF_MEMORY.description, 0),
        log_of=CONTAINER,
    ),
    "a container that could not be started never started": Case(
        a_job(),
        a_pod().never_started('exec: "python": not found'),
        replace(
            failed(
                Reason.LOAD_FAILED,
                'The container could not be started: exec: "python": not found',
                128,
            ),
            started_at=None,
        ),
    ),
    "a deleted pod that SIGTERM ended is disrupted": Case(
        a_job(),
        a_pod().being_deleted().terminated(143),
        being_deleted(failed(Reason.DISRUPTED, "The pod was lost: it was ended", 143)),
        log_of=CONTAINER,
    ),
    "a deleted pod that had crashed by itself has crashed": Case(
        a_job(),
        a_pod().being_deleted().terminated(1),
        being_deleted(failed(Reason.PROCESS_CRASHED, NO_REPORT.format(1))),
        log_of=CONTAINER,
    ),
    "a container that ended with the reboot of its node is disrupted": Case(
        a_job(),
        a_pod().terminated(137, reason="ContainerStatusUnknown"),
        failed(Reason.DISRUPTED, "The pod was lost: it was ended", 137),
        log_of=CONTAINER,
    ),
    "a pod under a disruption is disrupted, in the words of the disruption": Case(
        a_job(),
        a_pod()
        .terminated(1)
        .with_condition("DisruptionTarget", message="Preempted by a more important pod"),
        failed(Reason.DISRUPTED, "The pod was lost: Preempted by a more important pod"),
        log_of=CONTAINER,
    ),
    "a disruption that did not come about is none": Case(
        a_job(),
        a_pod().terminated(1).with_condition("DisruptionTarget", "False"),
        failed(Reason.PROCESS_CRASHED, NO_REPORT.format(1)),
        log_of=CONTAINER,
    ),
    "an evicted container is disrupted, in the kubelet's words": Case(
        a_job(),
        a_pod().terminated(137).evicted("The node was low on resource: memory. "),
        failed(Reason.DISRUPTED, "The pod was lost: The node was low on resource: memory.", 137),
        log_of=CONTAINER,
    ),
    "a task that an eviction stopped was not cancelled": Case(
        a_job(),
        a_pod().terminated(143, a_cancellation()).evicted(),
        failed(Reason.DISRUPTED, "The pod was lost: The node was low on resource: memory.", 143),
    ),
    "a task that was told to stop says so": Case(
        a_job(),
        a_pod().terminated(143, a_cancellation()),
        ended(Phase.CANCELLED, Reason.CANCELLED, "SIGTERM came", 143),
    ),
    "a pod evicted before its container was made is disrupted": Case(
        a_job(),
        a_pod().evicted("The node had condition: [DiskPressure]."),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(
                Phase.FAILED,
                Reason.DISRUPTED,
                "The pod was lost: The node had condition: [DiskPressure].",
            ),
        ),
    ),
    "a failed pod that says only a reason is disrupted by that reason": Case(
        a_job(),
        a_pod().in_phase("Failed").set("status", "reason", to="NodeLost"),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was lost: NodeLost"),
        ),
    ),
    "a succeeded pod of which no container is known has not succeeded": Case(
        a_job(),
        a_pod().in_phase("Succeeded"),
        replace(
            IN_POD,
            stage=Stage.ENDED,
            ending=Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was lost: it was ended"),
        ),
    ),
    "a failed Job whose pod is gone is lost": Case(
        a_job().failed(),
        None,
        replace(MADE, stage=Stage.ENDED, ending=LOST, waiting=None),
        log_of=CONTAINER,
    ),
    "a completed Job whose pod is gone has succeeded, if the store has the result": Case(
        a_job().completed(),
        None,
        replace(MADE, stage=Stage.ENDED, ending=Ending(Phase.SUCCEEDED), waiting=None),
    ),
    "a Job that is about to fail has not failed": Case(
        a_job().with_condition("FailureTarget").with_condition("Failed", "False"), None, MADE
    ),
    "a failed Job whose pod still runs is running": Case(a_job().failed(), a_pod().running(), RUNS),
}


@table(CASES)
def test_what_is_seen_is_told(case: Case) -> None:
    want = case.want
    if want and want.ending:
        want = replace(want, ending=replace(want.ending, log_of=case.log_of))

    assert observe(case.job, case.pod) == want


@pytest.mark.parametrize("reason", ["TaskError", "Nonsense"])
def test_messages_are_bounded(reason: str) -> None:
    report = json.dumps({"outcome": "Failed", "reason": reason, "message": "ü" * 3000})

    attempt = observe(a_job(), a_pod().terminated(1, report))

    assert attempt
    assert attempt.ending
    assert len(attempt.ending.message.encode()) <= 1024
