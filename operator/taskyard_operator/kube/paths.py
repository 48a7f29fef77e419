"""Paths of the Kubernetes API that Taskyard uses, for one namespace or (None) for all of them."""

from taskyard.api.names import API_VERSION
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService

Kind = type[TaskRun] | type[TaskService]


def resource_path(kind: Kind, namespace: str | None, name: str | None = None) -> str:
    """A collection of TaskRuns or TaskServices, or one of them."""
    return _path(f"/apis/{API_VERSION}", kind.PLURAL, namespace, name)


def job_path(namespace: str | None, name: str | None = None) -> str:
    """The Jobs, or one of them."""
    return _path("/apis/batch/v1", "jobs", namespace, name)


def pod_path(namespace: str | None, name: str | None = None) -> str:
    """The Pods, or one of them."""
    return _path("/api/v1", "pods", namespace, name)


def log_path(namespace: str, pod: str) -> str:
    """The log of a Pod's container."""
    return f"{pod_path(namespace, pod)}/log"


def lease_path(namespace: str, name: str | None = None) -> str:
    """The Leases of a namespace, or one of them."""
    return _path("/apis/coordination.k8s.io/v1", "leases", namespace, name)


def crd_path(kind: Kind) -> str:
    """The definition of a resource of ours."""
    group = API_VERSION.partition("/")[0]
    return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind.PLURAL}.{group}"


def resource_of(path: str) -> str:
    """What a path is about, without any name in it: `jobs`, or `taskruns/status`."""
    parts = path.strip("/").split("/")
    parts = parts[3 if parts[0] == "apis" else 2 :]
    if parts[0] == "namespaces" and len(parts) > 2:
        parts = parts[2:]
    return "/".join([parts[0], *parts[2:]])


def _path(root: str, plural: str, namespace: str | None, name: str | None) -> str:
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{scope}/{plural}" + (f"/{name}" if name else "")
