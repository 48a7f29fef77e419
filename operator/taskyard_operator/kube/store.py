"""The `RunStore` port on the API server: TaskRuns and TaskServices as custom resources."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from taskyard.api.names import API_VERSION, GROUP
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import resource_path
from taskyard_operator.ports import Change, Conflict, Key, Missing
from taskyard_operator.reading import if_readable, unreadable

R = TypeVar("R", TaskRun, TaskService)

_WATCH_SECONDS = 60
"""How long the API server keeps one watch open; so long at most a connection is dead unnoticed."""
_PAUSE_SECONDS = 0.1
"""Between two of them: one that is closed at once must not be asked for in a loop."""


class KubeRunStore:
    """TaskRuns and TaskServices behind one API server."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    async def runs(self, namespace: str | None) -> Sequence[TaskRun]:
        """The runs of a namespace; see `RunStore.runs`."""
        return [run async for run in self.each_run(namespace)]

    async def each_run(self, namespace: str | None) -> AsyncIterator[TaskRun]:
        """The runs of a namespace, or (None) of all, page by page; see `WatchedRuns.each_run`."""
        async for item in self._api.list(resource_path(TaskRun, namespace)):
            if run := readable(TaskRun, item):
                yield run

    async def services(self, namespace: str | None) -> Sequence[TaskService]:
        """The services of a namespace; see `RunStore.services`."""
        return [
            service
            async for item in self._api.list(resource_path(TaskService, namespace))
            if (service := readable(TaskService, item))
        ]

    async def run(self, namespace: str, name: str) -> TaskRun:
        """One run; see `RunStore.run`."""
        return _read(TaskRun, await self._api.get(resource_path(TaskRun, namespace, name)))

    async def create(self, run: TaskRun) -> TaskRun:
        """Store a new run; see `RunStore.create`."""
        path = resource_path(TaskRun, run.metadata.namespace)
        return _read(TaskRun, await self._api.create(path, run.manifest()))

    async def watch(self, namespace: str) -> AsyncGenerator[Change]:
        """What changes of the runs of a namespace; see `RunStore.watch`."""
        path = resource_path(TaskRun, namespace)
        return self._changes(path, await self._api.version(path))

    async def _changes(self, path: str, version: str) -> AsyncGenerator[Change]:
        while True:
            async for event in self._api.watch(path, version, _WATCH_SECONDS):
                item = event["object"]
                version = item["metadata"]["resourceVersion"]
                if event["type"] == "BOOKMARK":
                    continue
                run = None if event["type"] == "DELETED" else readable(TaskRun, item)
                yield Change(Key(item["metadata"]["namespace"], item["metadata"]["name"]), run)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def request_cancel(self, run: TaskRun) -> TaskRun:
        """Ask for the end of a run; see `RunStore.request_cancel`."""
        path = resource_path(TaskRun, run.metadata.namespace, run.metadata.name)
        return _read(TaskRun, await self._api.patch(path, {"spec": {"cancel": True}}))

    async def write_status(self, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        """Write a status in one request; see `RunStore.write_status`."""
        metadata = run.metadata
        path = resource_path(TaskRun, metadata.namespace, metadata.name) + "/status"
        # Of the rest the API server takes nothing here. A patch costs it twice the CPU, and a task has
        # hardly anything that costs it more.
        whole = {
            "apiVersion": API_VERSION,
            "kind": TaskRun.KIND,
            "metadata": {"name": metadata.name, "resourceVersion": metadata.resource_version},
            "status": status.to_wire(),
        }
        return _read(TaskRun, await self._api.replace(path, whole))

    async def delete(self, run: TaskRun) -> None:
        """Delete a run; see `RunStore.delete`. Its Jobs and pods go after it, in the background."""
        path = resource_path(TaskRun, run.metadata.namespace, run.metadata.name)
        with suppress(Missing, Conflict):
            await self._api.delete(path, "Background", run.metadata.uid)


def readable(kind: type[R], item: Mapping[str, Any]) -> R | None:
    """An object of ours, or None where this version cannot read it."""
    return if_readable(partial(_read, kind, item))


def _read(kind: type[R], item: Mapping[str, Any]) -> R:
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        metadata = item.get("metadata", {})
        namespace, name = metadata.get("namespace"), metadata.get("name")
        raise unreadable(
            f"{kind.KIND} {namespace}/{name}",
            error,
            f"Look at it with `kubectl get {kind.PLURAL}.{GROUP} {name} -n {namespace} -o yaml`, "
            "and correct it with `kubectl edit`, or remove it with `kubectl delete`",
        ) from error
