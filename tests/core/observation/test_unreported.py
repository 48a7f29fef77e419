"""What is told of an end that no report explains: a crash, a kill, a pod or a node that was lost."""

from dataclasses import replace

from taskyard.api.names import CONTAINER
from taskyard.api.reasons import Phase, Reason
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from tests.core.builders import a_cancellation
from tests.core.manifests import a_job, a_pod
from tests.core.tables import table

from .cases import IN_POD, LOST, MADE, NO_REPORT, ON_NODE, Case, being_deleted, check, ended, failed


def never_ran(
    attempt: Attempt, reason: Reason, message: str, exit_code: int | None = None
) -> Attempt:
    """It ended before the task's own container has run."""
    ending = Ending(Phase.FAILED, reason, message, exit_code)
    return replace(attempt, stage=Stage.ENDED, ending=ending)


CASES = {
    "an init container that failed says which, and how": Case(
        a_job(),
        a_pod().in_phase("Failed").with_init_container(3),
        never_ran(
            IN_POD, Reason.PROCESS_CRASHED, "The init container fetch ended with exit code 3.", 3
        ),
        log_of="fetch",
    ),
    "an init container that could not be started says why": Case(
        a_job(),
        a_pod()
        .initializing(
            {"terminated": {"exitCode": 128, "reason": "StartError", "message": "no such program"}}
        )
        .in_phase("Failed"),
        never_ran(
            ON_NODE,
            Reason.LOAD_FAILED,
            "The init container fetch could not be started: no such program",
            128,
        ),
    ),
    "an init container that was killed for memory says so": Case(
        a_job(),
        a_pod()
        .initializing({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
        .in_phase("Failed"),
        never_ran(
            ON_NODE,
            Reason.PROCESS_CRASHED,
            "The init container fetch was killed for using more memory than its limit.",
            137,
        ),
        log_of="fetch",
    ),
    "an init container that an eviction ended has not failed": Case(
        a_job(),
        a_pod().evicted().with_init_container(137),
        never_ran(
            IN_POD, Reason.DISRUPTED, "The pod was lost: The node was low on resource: memory."
        ),
    ),
    "an init container that the deletion of its pod ended has not failed": Case(
        a_job(),
        a_pod().in_phase("Failed").being_deleted().with_init_container(143),
        being_deleted(never_ran(IN_POD, Reason.DISRUPTED, "The pod was lost: it was ended")),
    ),
    "an init container that had failed by itself when its pod was deleted has failed": Case(
        a_job(),
        a_pod().in_phase("Failed").being_deleted().with_init_container(3),
        being_deleted(
            never_ran(
                IN_POD,
                Reason.PROCESS_CRASHED,
                "The init container fetch ended with exit code 3.",
                3,
            )
        ),
        log_of="fetch",
    ),
    "a pod that was lost after its init container had succeeded is disrupted": Case(
        a_job(),
        a_pod().in_phase("Failed").with_init_container(0),
        never_ran(IN_POD, Reason.DISRUPTED, "The pod was lost: it was ended"),
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
    "a deleted pod that SIGKILL ended is disrupted": Case(
        a_job(),
        a_pod().being_deleted().terminated(137),
        being_deleted(failed(Reason.DISRUPTED, "The pod was lost: it was ended", 137)),
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
    "a container whose end the container runtime did not see, as when its node restarts, is disrupted": Case(
        a_job(),
        a_pod().terminated(255, reason="Unknown"),
        failed(Reason.DISRUPTED, "The pod was lost: it was ended", 255),
        log_of=CONTAINER,
    ),
    "an init container that ended with the restart of its node has not failed": Case(
        a_job(),
        a_pod()
        .initializing({"terminated": {"exitCode": 255, "reason": "Unknown"}})
        .in_phase("Failed"),
        never_ran(ON_NODE, Reason.DISRUPTED, "The pod was lost: it was ended"),
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
        never_ran(
            IN_POD, Reason.DISRUPTED, "The pod was lost: The node had condition: [DiskPressure]."
        ),
    ),
    "a failed pod that says only a reason is disrupted by that reason": Case(
        a_job(),
        a_pod().in_phase("Failed").set("status", "reason", to="NodeLost"),
        never_ran(IN_POD, Reason.DISRUPTED, "The pod was lost: NodeLost"),
    ),
    "a succeeded pod of which no container is known has not succeeded": Case(
        a_job(),
        a_pod().in_phase("Succeeded"),
        never_ran(IN_POD, Reason.DISRUPTED, "The pod was lost: it was ended"),
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
}


@table(CASES)
def test_what_is_seen_of_an_end_without_a_report_is_told(case: Case) -> None:
    check(case)
