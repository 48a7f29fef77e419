"""Why an attempt does not run yet."""

from dataclasses import dataclass
from datetime import timedelta

from taskyard.api.reasons import WaitingReason
from taskyard_operator.core.attempt import Waiting
from taskyard_operator.core.diagnosis import why_waiting

from .builders import CREATED
from .manifests import AJob, APod, a_job, a_pod
from .tables import table


@dataclass(frozen=True)
class Case:
    pod: APod | None
    want: Waiting | None
    job: AJob | None = None


BEING_MADE = (
    "is being made; if this lasts, its image is still pulled, or a volume names a ConfigMap, Secret or "
    "claim that is not there: kubectl describe pod tells."
)
NONE, MINUTE = timedelta(0), timedelta(seconds=60)
IMAGE = "The image registry.example/summarizer:1 cannot be pulled"

CASES = {
    "a Job that no controller has come to waits in line, which is no news for a while": Case(
        None,
        Waiting(
            WaitingReason.CONTAINER_CREATING,
            "The cluster's Job controller has not come to the Job yet.",
            quiet=timedelta(seconds=30),
        ),
        a_job(),
    ),
    "a Job whose pod does not exist though it began says what may be in its way": Case(
        None,
        Waiting(
            WaitingReason.CONTAINER_CREATING,
            "The Job has no pod yet; if this lasts, a quota or an admission policy of the namespace "
            "refuses it: kubectl describe job tells.",
        ),
        a_job().begun(CREATED),
    ),
    "a suspended Job says so, whatever its pod says": Case(
        a_pod().unschedulable(),
        Waiting(WaitingReason.SUSPENDED, "The Job is suspended."),
        a_job().suspended(),
    ),
    "a pod that nobody has looked at says nothing": Case(a_pod(), None),
    "a pod that no node can take is unschedulable, in the scheduler's words": Case(
        a_pod().unschedulable("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."),
        Waiting(
            WaitingReason.UNSCHEDULABLE,
            "No node can take the pod now: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
        ),
    ),
    "an unschedulable pod without words is unschedulable": Case(
        a_pod().unschedulable(""),
        Waiting(
            WaitingReason.UNSCHEDULABLE,
            "No node can take the pod now: the scheduler has not said why",
        ),
    ),
    "a gated pod waits for quota": Case(
        a_pod().with_condition("PodScheduled", "False", reason="SchedulingGated"),
        Waiting(WaitingReason.WAITING_FOR_QUOTA, "The pod waits to be admitted."),
    ),
    "a placed pod says nothing of its placement": Case(
        a_pod().with_condition("Ready", "False").with_condition("PodScheduled"), None
    ),
    "a container is being made": Case(
        a_pod().waiting("ContainerCreating"),
        Waiting(WaitingReason.CONTAINER_CREATING, f"The container {BEING_MADE}"),
    ),
    "a container that cannot be made says why": Case(
        a_pod().waiting("CreateContainerConfigError", 'secret "token" not found'),
        Waiting(
            WaitingReason.CONTAINER_CREATING,
            "The container cannot be made yet (CreateContainerConfigError): "
            'secret "token" not found',
        ),
    ),
    "a container whose turn has not come waits for those before it": Case(
        a_pod().initializing({"running": {}}),
        Waiting(WaitingReason.CONTAINER_CREATING, "The init containers of the pod come first."),
    ),
    "an init container whose turn has not come says nothing by itself": Case(
        a_pod().initializing({"waiting": {"reason": "PodInitializing"}}),
        Waiting(WaitingReason.CONTAINER_CREATING, "The init containers of the pod come first."),
    ),
    "an init container that is being made says which": Case(
        a_pod().initializing({"waiting": {"reason": "ContainerCreating"}}),
        Waiting(WaitingReason.CONTAINER_CREATING, f"The init container fetch {BEING_MADE}"),
    ),
    "an init container that cannot be made says which and why": Case(
        a_pod().initializing(
            {"waiting": {"reason": "CreateContainerConfigError", "message": "no such key"}}
        ),
        Waiting(
            WaitingReason.CONTAINER_CREATING,
            "The init container fetch cannot be made yet (CreateContainerConfigError): no such key",
        ),
    ),
    "the image of an init container that cannot be pulled is trouble like the task's": Case(
        a_pod().initializing({"waiting": {"reason": "InvalidImageName", "message": "No/Such"}}),
        Waiting(
            WaitingReason.PULLING_IMAGE,
            "The image registry.example/fetch:1 cannot be pulled (InvalidImageName): No/Such",
            NONE,
        ),
    ),
    "a running container waits for nothing": Case(a_pod().running(), None),
    "a container that is there and says no state waits for nothing that is known": Case(
        a_pod().set("status", "containerStatuses", to=[{"name": "task"}]), None
    ),
    "another container's trouble is not the task's": Case(
        a_pod().with_container({"waiting": {"reason": "ErrImagePull"}}, name="sidecar"), None
    ),
    "an image that cannot be pulled gives the registry's words": Case(
        a_pod().waiting("ErrImagePull", "manifest unknown"),
        Waiting(WaitingReason.PULLING_IMAGE, f"{IMAGE} (ErrImagePull): manifest unknown", MINUTE),
    ),
    "an image that cannot be pulled may come without words": Case(
        a_pod().waiting("ImagePullBackOff"),
        Waiting(
            WaitingReason.PULLING_IMAGE, f"{IMAGE} (ImagePullBackOff): no detail given", MINUTE
        ),
    ),
} | {
    f"{reason} is trouble with the image": Case(
        a_pod().waiting(reason, "why"),
        Waiting(WaitingReason.PULLING_IMAGE, f"{IMAGE} ({reason}): why", patience),
    )
    for reason, patience in (
        ("ErrImageNeverPull", NONE),
        ("ImageInspectError", MINUTE),
        ("InvalidImageName", NONE),
        ("RegistryUnavailable", MINUTE),
        ("SignatureValidationFailed", MINUTE),
    )
}


@table(CASES)
def test_the_wait_is_told_in_a_sentence(case: Case) -> None:
    assert why_waiting(case.job, case.pod) == case.want


@table(
    {
        "of the scheduler": a_pod().unschedulable("ü" * 2000),
        "of a registry": a_pod().waiting("ErrImagePull", "ü" * 2000),
        "of the container runtime": a_pod().waiting("CreateContainerError", "ü" * 2000),
    }
)
def test_the_sentence_is_bounded(case: APod) -> None:
    waiting = why_waiting(None, case)

    assert waiting
    assert len(waiting.message.encode()) <= 1024
