"""Test data as sentences: Jobs and Pods as the API server tells them, such as `a_pod().running()`.

Each builder is what it builds, and each method returns a changed copy.
"""

import copy
from datetime import datetime
from typing import Any, Self

from taskyard.api.names import (
    CONTAINER,
    LABEL_ATTEMPT,
    LABEL_MANAGED_BY,
    LABEL_RUN,
    LABEL_RUN_UID,
    MANAGED_BY,
)
from taskyard.api.report import Report
from taskyard.api.resource import rfc3339

from .builders import CREATED, FINISHED, NOW, RUN_UID, STARTED


class Manifest(dict[str, Any]):
    """A raw Kubernetes object."""

    def set(self, *path: str, to: Any) -> Self:
        """A copy with one field changed."""
        changed = copy.deepcopy(self)
        node: dict[str, Any] = changed
        for name in path[:-1]:
            node = node.setdefault(name, {})
        node[path[-1]] = to
        return changed

    def of_run(self, uid: str) -> Self:
        """Also another object: it gets a uid of its own."""
        other = self.set("metadata", "labels", LABEL_RUN_UID, to=uid)
        return other.with_uid(f"{self['metadata']['uid']}-of-{uid}")

    def with_uid(self, uid: str) -> Self:
        return self.set("metadata", "uid", to=uid)

    def version(self, number: int) -> Self:
        return self.set("metadata", "resourceVersion", to=str(number))

    def made(self, when: datetime) -> Self:
        return self.set("metadata", "creationTimestamp", to=rfc3339(when))

    def being_deleted(self, gone_by: datetime = NOW) -> Self:
        """Being deleted: a pod is told by when it must be gone, a Job when it was asked for."""
        return self.set("metadata", "deletionTimestamp", to=rfc3339(gone_by))

    def with_condition(self, kind: str, status: str = "True", **fields: str) -> Self:
        before = self.get("status", {}).get("conditions") or []
        return self.set(
            "status", "conditions", to=[*before, {"type": kind, "status": status, **fields}]
        )


class AJob(Manifest):
    """The Job of an attempt."""

    def completed(self) -> Self:
        return self.with_condition("SuccessCriteriaMet").with_condition("Complete")

    def failed(self) -> Self:
        return self.with_condition("FailureTarget").with_condition(
            "Failed", reason="BackoffLimitExceeded"
        )

    def suspended(self) -> Self:
        return self.set("spec", "suspend", to=True)

    def begun(self, when: datetime) -> Self:
        """The Job controller has come to it."""
        return self.set("status", "startTime", to=rfc3339(when))


class APod(Manifest):
    """The Pod of an attempt."""

    def on_node(self, node: str = "node-1") -> Self:
        return self.set("spec", "nodeName", to=node)

    def in_phase(self, phase: str) -> Self:
        return self.set("status", "phase", to=phase)

    def with_container(self, state: dict[str, Any], *, name: str = CONTAINER) -> Self:
        before = self.get("status", {}).get("containerStatuses") or []
        others = [known for known in before if known["name"] != name]
        status = {"name": name, "image": "registry.example/summarizer:1", "state": state}
        return self.set("status", "containerStatuses", to=[*others, status])

    def placed(self, when: datetime) -> Self:
        """Taken by its node."""
        return self.set("status", "startTime", to=rfc3339(when))

    def with_init_container(self, exit_code: int) -> Self:
        """A container of the service's `podTemplate` that comes before the task's, and has ended."""
        return self._with_fetch({"terminated": {"exitCode": exit_code}})

    def initializing(self, state: dict[str, Any]) -> Self:
        """Such a container is in this state, and the task's waits for it."""
        return self.waiting("PodInitializing")._with_fetch(state)

    def _with_fetch(self, state: dict[str, Any]) -> Self:
        status = {"name": "fetch", "image": "registry.example/fetch:1", "state": state}
        return self.set("status", "initContainerStatuses", to=[status])

    def waiting(self, reason: str = "ContainerCreating", message: str = "") -> Self:
        said = {"message": message} if message else {}
        return self.on_node().with_container({"waiting": {"reason": reason, **said}})

    def running(self, since: datetime = STARTED) -> Self:
        state = {"running": {"startedAt": rfc3339(since)}}
        return self.on_node().in_phase("Running").with_container(state)

    def terminated(
        self, exit_code: int = 0, said: Report | str = "", *, reason: str | None = None
    ) -> Self:
        """`said` is the termination message: a report, or whatever text is there instead."""
        terminated = {
            "exitCode": exit_code,
            "reason": reason or ("Error" if exit_code else "Completed"),
            "message": said.to_json() if isinstance(said, Report) else said,
            "startedAt": rfc3339(STARTED),
            "finishedAt": rfc3339(FINISHED),
        }
        ended = self.on_node().in_phase("Failed" if exit_code else "Succeeded")
        return ended.with_container({"terminated": terminated})

    def ending_at(self, when: datetime) -> Self:
        """Its container has ended then."""
        (status,) = self["status"]["containerStatuses"]
        terminated = status["state"]["terminated"] | {"finishedAt": rfc3339(when)}
        ended = status | {"state": {"terminated": terminated}}
        return self.set("status", "containerStatuses", to=[ended])

    def never_started(self, message: str) -> Self:
        """Containerd's StartError, with the zero times that come with it."""
        terminated = {
            "exitCode": 128,
            "reason": "StartError",
            "message": message,
            "startedAt": "1970-01-01T00:00:00Z",
            "finishedAt": rfc3339(FINISHED),
        }
        return self.on_node().in_phase("Failed").with_container({"terminated": terminated})

    def evicted(self, message: str = "The node was low on resource: memory.") -> Self:
        evicted = self.in_phase("Failed").set("status", "reason", to="Evicted")
        return evicted.set("status", "message", to=message)

    def unschedulable(self, message: str = "0/1 nodes are available") -> Self:
        return self.with_condition("PodScheduled", "False", reason="Unschedulable", message=message)


def a_job() -> AJob:
    return AJob(
        metadata=_metadata("call-7-1", "a-job"),
        spec={"suspend": False},
        status={},
    )


def a_pod() -> APod:
    """A pod that nobody has looked at yet."""
    return APod(
        metadata=_metadata("call-7-1-x2v4q", "a-pod"),
        spec={},
        status={"phase": "Pending"},
    )


def _metadata(name: str, uid: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "team",
        "uid": uid,
        "resourceVersion": "10",
        "creationTimestamp": rfc3339(CREATED),
        "labels": {
            LABEL_MANAGED_BY: MANAGED_BY,
            LABEL_RUN: "call-7",
            LABEL_RUN_UID: RUN_UID,
            LABEL_ATTEMPT: "1",
        },
    }
