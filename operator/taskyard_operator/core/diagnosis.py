"""Why an attempt does not run yet, in one sentence for the person who waits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from taskyard.api.names import CONTAINER, bounded
from taskyard.api.reasons import WaitingReason
from taskyard_operator.core.attempt import Waiting

_IMAGE_PATIENCE = {
    # A name that is no name, or a policy that forbids the pull, will not mend by waiting.
    "InvalidImageName": timedelta(0),
    "ErrImageNeverPull": timedelta(0),
    "ErrImagePull": timedelta(seconds=60),
    "ImagePullBackOff": timedelta(seconds=60),
    "ImageInspectError": timedelta(seconds=60),
    "RegistryUnavailable": timedelta(seconds=60),
    "SignatureValidationFailed": timedelta(seconds=60),
}
"""The kubelet's words for trouble with an image, and how long each may last."""

_IN_LINE = timedelta(seconds=30)
"""A Job waits so long at least for the Jobs before it: where many begin at once, all of them do."""

_INITIALIZING = "PodInitializing"
"""The kubelet's word for a container whose turn has not come."""

_BEING_MADE = (
    "The {} is being made; if this lasts, its image is still pulled, or a volume names a ConfigMap, "
    "Secret or claim that is not there: kubectl describe pod tells."
)
"""The kubelet tells which of them it is in Events only."""


def is_held(job: Mapping[str, Any] | None) -> bool:
    """Whether a queue of the cluster holds a Job: it is suspended.

    One that was let go is held until the Job controller has come to it: only then does its pod follow, and
    its start time tell when that was.
    """
    known = job or {}
    return bool(known.get("spec", {}).get("suspend")) or any(
        condition.get("type") == "Suspended" and condition.get("status") == "True"
        for condition in known.get("status", {}).get("conditions") or []
    )


def why_waiting(job: Mapping[str, Any] | None, pod: Mapping[str, Any] | None) -> Waiting | None:
    """The reason and a sentence, or None where there is nothing to say yet."""
    if is_held(job):
        return Waiting(WaitingReason.SUSPENDED, "The Job is suspended.")
    if pod is None:
        return _no_pod(job)
    return _not_scheduled(pod) or _container_waits(pod)


def _no_pod(job: Mapping[str, Any] | None) -> Waiting:
    """The Job controller says when it began with a Job, also where the pod is refused then."""
    if not (job or {}).get("status", {}).get("startTime"):
        return Waiting(
            WaitingReason.CONTAINER_CREATING,
            "The cluster's Job controller has not come to the Job yet.",
            quiet=_IN_LINE,
        )
    return Waiting(
        WaitingReason.CONTAINER_CREATING,
        "The Job has no pod yet; if this lasts, a quota or an admission policy of the namespace "
        "refuses it: kubectl describe job tells.",
    )


def _not_scheduled(pod: Mapping[str, Any]) -> Waiting | None:
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition.get("type") != "PodScheduled" or condition.get("status") != "False":
            continue
        if condition.get("reason") == "SchedulingGated":
            return Waiting(WaitingReason.WAITING_FOR_QUOTA, "The pod waits to be admitted.")
        detail = condition.get("message") or "the scheduler has not said why"
        return Waiting(
            WaitingReason.UNSCHEDULABLE, bounded(f"No node can take the pod now: {detail}")
        )
    return None


def _container_waits(pod: Mapping[str, Any]) -> Waiting | None:
    status = pod.get("status", {})
    for one in status.get("initContainerStatuses") or []:
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason", _INITIALIZING) != _INITIALIZING:
            return _waiting_container(f"init container {one.get('name')}", one, waiting)
    for one in status.get("containerStatuses") or []:
        waiting = (one.get("state") or {}).get("waiting")
        if one.get("name") == CONTAINER and waiting is not None:
            return _waiting_container("container", one, waiting)
    return None


def _waiting_container(
    which: str, status: Mapping[str, Any], waiting: Mapping[str, Any]
) -> Waiting:
    reason, detail = waiting.get("reason", ""), waiting.get("message", "")
    if reason in _IMAGE_PATIENCE:
        image = status.get("image", "")
        message = f"The image {image} cannot be pulled ({reason}): {detail or 'no detail given'}"
        return Waiting(WaitingReason.PULLING_IMAGE, bounded(message), _IMAGE_PATIENCE[reason])
    if detail:
        message = f"The {which} cannot be made yet ({reason}): {detail}"
    elif reason == _INITIALIZING:
        message = "The init containers of the pod come first."
    else:
        message = _BEING_MADE.format(which)
    return Waiting(WaitingReason.CONTAINER_CREATING, bounded(message))
