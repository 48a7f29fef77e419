"""What is measured, and what it is measured against: TaskRuns, and Jobs without anything of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from taskyard.api.names import CONTAINER
from taskyard.api.reasons import Phase
from taskyard_operator.core.keys import result_key
from tests.cluster.object_store import S3Server

from .api import Json, NoAnswer, at_once
from .kwok import PLACEMENT, RESULT, RUN_TIME

QUICK, SLOW, ENDLESS = "quick", "slow", "endless"
RUN_TIMES = {QUICK: "0s", SLOW: "3s", ENDLESS: "1h"}
"""How long a task runs; each is a service of its own."""


class Workload(Protocol):
    """A kind of object that stands for a piece of work."""

    @property
    def word(self) -> str:
        """What many of them are called."""

    @property
    def path(self) -> str:
        """Its collection."""

    def manifest(self, name: str, kind: str = QUICK) -> Json:
        """The object to create."""

    def ended(self, item: Json) -> bool:
        """Whether it says that the work is done; raises where the work failed."""

    async def prepare(self, names: Sequence[str]) -> None:
        """What has to be there before the objects are created."""


@dataclass(frozen=True)
class BareJobs:
    """Jobs as one would create them by hand."""

    namespace: str
    word: str = "jobs"

    @property
    def path(self) -> str:
        return f"/apis/batch/v1/namespaces/{self.namespace}/jobs"

    def manifest(self, name: str, kind: str = QUICK) -> Json:
        container = {"name": CONTAINER, "image": "none", "command": ["true"]}
        pod = PLACEMENT | {"restartPolicy": "Never", "containers": [container]}
        annotations = {RUN_TIME: RUN_TIMES[kind]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {
                "backoffLimit": 0,
                "template": {"metadata": {"annotations": annotations}, "spec": pod},
            },
        }

    def ended(self, item: Json) -> bool:
        conditions = item.get("status", {}).get("conditions") or []
        said = {each["type"] for each in conditions if each["status"] == "True"}
        if "Failed" in said:
            raise NoAnswer(f"a Job failed: {conditions}")
        return "Complete" in said

    async def prepare(self, names: Sequence[str]) -> None:
        """Nothing."""


@dataclass(frozen=True)
class TaskRuns:
    """TaskRuns, with the results that their faked pods say they have stored."""

    namespace: str
    store: S3Server
    word: str = "taskruns"

    @property
    def path(self) -> str:
        return f"/apis/taskyard.dev/v1alpha1/namespaces/{self.namespace}/taskruns"

    def manifest(self, name: str, kind: str = QUICK) -> Json:
        spec = {"service": kind, "task": "greet", "input": {"inline": {"name": "World"}}}
        return {
            "apiVersion": "taskyard.dev/v1alpha1",
            "kind": "TaskRun",
            "metadata": {"name": name},
            "spec": spec,
        }

    def ended(self, item: Json) -> bool:
        status: dict[str, Any] = item.get("status", {})
        phase = Phase(status.get("phase") or Phase.QUEUED)
        if phase.terminal and phase is not Phase.SUCCEEDED:
            raise NoAnswer(f"a TaskRun did not succeed: {status}")
        return phase.terminal

    async def prepare(self, names: Sequence[str]) -> None:
        bucket = self.store.store()

        async def put(name: str) -> None:
            key = f"{self.namespace}/{result_key(self.namespace, name, 1)}"
            await bucket.put_async(key, RESULT)

        await at_once(names, put)


def service(kind: str) -> Json:
    """The TaskService of runs of this kind."""
    template = {"metadata": {"annotations": {RUN_TIME: RUN_TIMES[kind]}}, "spec": PLACEMENT}
    spec: Json = {
        "image": "none",
        "entrypoint": "service:Service",
        "tasks": [{"name": "greet"}],
        "podTemplate": template,
    }
    if kind == SLOW:
        spec["retention"] = {"taskRun": 5}  # so that all writes of a task's life are seen
    return {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskService",
        "metadata": {"name": kind},
        "spec": spec,
    }
