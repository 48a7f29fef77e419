"""The Job of one attempt.

One pod, never restarted, owned by its TaskRun. Its pod passes the Pod Security standard "restricted"
and holds no credentials: no ServiceAccount token, and of the object store only presigned URLs.
"""

from dataclasses import dataclass, replace
from typing import Any

from taskyard.api.names import (
    API_VERSION,
    CONTAINER,
    LABEL_ATTEMPT,
    LABEL_MANAGED_BY,
    LABEL_RUN,
    LABEL_RUN_UID,
    LABEL_SERVICE,
    LABEL_TASK,
    MANAGED_BY,
    job_name,
    label_value,
)
from taskyard.api.report import MAX_REPORT_BYTES
from taskyard.api.runner import TICKET_VARIABLE, Ticket
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import Gpu, TaskServiceSpec
from taskyard_operator.core.overlay import overlay

UPLOAD_SECONDS = 45
"""Time for the runner to store log, progress and outputs after the task's own grace period is over."""

_MESSAGES_BYTES = 12 * 1024
"""What the kubelet keeps of the termination messages of a pod; each of its containers has an equal part."""
_UNTOLD = 2
"""So many containers more an admission webhook may set into a pod, such as those of a service mesh."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What the platform team decides for all Jobs.

    `gpu_type_label` is the node label that `gpu.type` selects on. `ttl` (seconds) only removes a
    finished Job that nobody removed before; Jobs normally go with their TaskRun.
    """

    gpu_type_label: str = "nvidia.com/gpu.product"
    ttl: int = 7 * 24 * 3600


def build_job(
    run: TaskRun, service: TaskServiceSpec, number: int, ticket: Ticket, settings: JobSettings
) -> dict[str, Any]:
    """The manifest of attempt `number` (from 1) of `run`.

    Raises:
        ValueError: the service's `podTemplate` cannot be laid over a pod.
    """
    labels = {
        LABEL_MANAGED_BY: MANAGED_BY,
        LABEL_RUN: run.metadata.name,
        LABEL_RUN_UID: run.metadata.uid,
        LABEL_SERVICE: run.spec.service,
        LABEL_TASK: label_value(run.spec.task),
        LABEL_ATTEMPT: str(number),
    }
    template = _pod_template(service, ticket, settings)
    if service.pod_template:
        template = _overlaid(template, service.pod_template)
    ticket = replace(ticket, max_report_bytes=_report_bytes(template))
    # Last, so that no overlay can hide a pod from the operator's watch, or lose its ticket or report.
    template = overlay(template, _owned_by_taskyard(labels, ticket))
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(run.metadata.name, number),
            "namespace": run.metadata.namespace,
            "labels": labels | _queue_labels(service),
            "ownerReferences": [_owner_reference(run)],
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "ttlSecondsAfterFinished": settings.ttl,
            "template": template,
        },
    }


def _overlaid(template: dict[str, Any], pod_template: dict[str, Any]) -> dict[str, Any]:
    try:
        return overlay(template, pod_template)
    except (AttributeError, TypeError) as error:
        raise ValueError(f"podTemplate is not of the form of a pod template: {error}") from error


def _report_bytes(template: dict[str, Any]) -> int:
    """What is kept of the runner's report: half a one would be none, and a success be taken for a crash."""
    pod = template.get("spec")
    lists = (
        [pod.get(kind) for kind in ("containers", "initContainers")]
        if isinstance(pod, dict)
        else []
    )
    known = sum(len(containers) for containers in lists if isinstance(containers, list))
    return min(MAX_REPORT_BYTES, _MESSAGES_BYTES // (known + _UNTOLD))


def _owner_reference(run: TaskRun) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": TaskRun.KIND,
        "name": run.metadata.name,
        "uid": run.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _queue_labels(service: TaskServiceSpec) -> dict[str, str]:
    local_queue = service.queue.local_queue if service.queue else None
    return {"kueue.x-k8s.io/queue-name": local_queue} if local_queue else {}


def _owned_by_taskyard(labels: dict[str, str], ticket: Ticket) -> dict[str, Any]:
    environment = [{"name": TICKET_VARIABLE, "value": ticket.to_json(), "valueFrom": None}]
    container = {
        "name": CONTAINER,
        "env": environment,
        # Since Kubernetes 1.35 one container may be restarted where its pod is not: another attempt is a Job.
        "restartPolicy": None,
        "restartPolicyRules": None,
        "terminationMessagePath": None,
        # A runner that leaves no report, or is not there at all, has said why in its log at most.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    return {
        "metadata": {"labels": labels},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }


def _pod_template(
    service: TaskServiceSpec, ticket: Ticket, settings: JobSettings
) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": round(ticket.cancel_grace) + UPLOAD_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(service)],
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    }
    if service.queue and service.queue.priority_class:
        spec["priorityClassName"] = service.queue.priority_class
    if service.gpu:
        spec |= _gpu_placement(service.gpu, settings)
    return {"metadata": {}, "spec": spec}


def _gpu_placement(gpu: Gpu, settings: JobSettings) -> dict[str, Any]:
    """GPU nodes are commonly tainted with the resource's own name, so that only GPU pods go there."""
    toleration = {"key": gpu.resource_name, "operator": "Exists", "effect": "NoSchedule"}
    placement: dict[str, Any] = {"tolerations": [toleration]}
    if gpu.type:
        placement["nodeSelector"] = {settings.gpu_type_label: gpu.type}
    return placement


def _container(service: TaskServiceSpec) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "requests": dict(service.resources.requests),
        "limits": dict(service.resources.limits),
    }
    if service.gpu:
        resources["limits"][service.gpu.resource_name] = str(service.gpu.count)
    return {
        "name": CONTAINER,
        "image": service.image,
        "command": ["python", "-m", "taskyard_runtime"],
        "env": [],
        "resources": {kind: amounts for kind, amounts in resources.items() if amounts},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - in the pod
    }
