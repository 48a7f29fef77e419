"""The place of the measurements: faked nodes, a namespace, and a controller with an account of its own."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server
from tests.controller.definitions import install
from tests.controller.processes import Controller, Controllers, until

from . import kwok
from .api import Api, Json
from .readings import Cpu, cpu
from .workloads import RUN_TIMES, BareJobs, TaskRuns, service

NAMESPACE = "taskyard-bench"
WRITES, READS = f"{NAMESPACE}-writes", f"{NAMESPACE}-reads"
"""The flow schemas of the controller's requests: the API server counts requests by them, not by user."""

_ACCOUNT = "controller"
_QUIET_CORES = 0.15
_ROOT = f"/api/v1/namespaces/{NAMESPACE}"
_SHARED = (  # what is there once in a cluster
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
)


@dataclass(frozen=True)
class Yard:
    """What every measurement needs. One controller runs at a time: the last of `controllers`."""

    api: Api
    controllers: Controllers
    runs: TaskRuns
    jobs: BareJobs

    @property
    def controller(self) -> Controller:
        return self.controllers.started[-1]

    async def start_controller(self) -> float:
        """Start a controller in place of the one before; returns the seconds until it works."""
        self.controllers.stop()
        started = self.controllers.start(enabled=False)
        return await asyncio.to_thread(until, started.leads, "the controller works")

    def cpu(self) -> Cpu:
        """What all processes have used up to now."""
        return cpu(self.controller.process.pid)

    async def quiet(self) -> Cpu:
        """Return once the system has done what it had to do; with what it has used until then."""
        while True:
            before = self.cpu()
            await asyncio.sleep(1)
            after = self.cpu()
            if (after - before).system < _QUIET_CORES:
                return after

    async def clear(self) -> None:
        """Remove all that was measured, from below so that the garbage collector has nothing to do."""
        for path in (f"{_ROOT}/pods", self.jobs.path, self.runs.path, f"{_ROOT}/events"):
            await self.api.empty(path)
        await self.quiet()


@asynccontextmanager
async def yard(plane: ControlPlane, store: S3Server) -> AsyncIterator[Yard]:
    """Make the place, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory() as folder:
        async with Api.connect(plane.kubeconfig) as api:
            if await api.found(_ROOT):  # somebody has killed the measurement before this one
                await _remove(api, store)
            account = Path(folder) / "kubeconfig"
            controllers = Controllers(Path(folder), NAMESPACE, account, store)
            place = Yard(api, controllers, TaskRuns(NAMESPACE, store), BareJobs(NAMESPACE))
            try:
                await asyncio.to_thread(install, Kubectl(plane.kubeconfig))
                await kwok.up(api)
                await _make(api)
                user = await _account(api, plane.kubeconfig)
                await asyncio.to_thread(account.write_text, json.dumps(user))
                await place.start_controller()
                yield place
                await place.clear()
            finally:
                controllers.stop()
                await _remove(api, store)


async def _make(api: Api) -> None:
    namespace: Json = {"metadata": {"name": NAMESPACE}}
    await api.create_if_missing("/api/v1/namespaces", namespace)
    await api.create_if_missing(f"{_ROOT}/serviceaccounts", {"metadata": {"name": _ACCOUNT}})
    await api.until(lambda: api.found(f"{_ROOT}/serviceaccounts/default"), "pods may be created")
    bindings, schemas = _SHARED
    await api.create_if_missing(bindings, _binding())
    await api.create_if_missing(schemas, _schema(WRITES, ["create", "update", "patch", "delete"]))
    await api.create_if_missing(schemas, _schema(READS, ["get", "list", "watch"]))
    services = f"/apis/taskyard.dev/v1alpha1/namespaces/{NAMESPACE}/taskservices"
    for kind in RUN_TIMES:
        await api.create_if_missing(services, service(kind))


async def _remove(api: Api, store: S3Server) -> None:
    for collection in _SHARED:
        for name in (NAMESPACE, WRITES, READS):
            await api.delete(f"{collection}/{name}")
    await api.delete(_ROOT)

    async def gone() -> bool:
        return not await api.found(_ROOT)

    await api.until(gone, "the namespace is gone")
    await kwok.down(api)
    bucket = store.store()
    for page in bucket.list(NAMESPACE):
        await bucket.delete_async([item["path"] for item in page])


async def _account(api: Api, admin: Path) -> Json:
    """A kubeconfig with the token of the controller's account."""
    request: Json = {"spec": {"expirationSeconds": 6 * 3600}}
    answer = await api.create(f"{_ROOT}/serviceaccounts/{_ACCOUNT}/token", request)
    content: Json = json.loads(await asyncio.to_thread(admin.read_text))
    content["users"][0]["user"] = {"token": answer["status"]["token"]}
    return content


def _subject() -> Json:
    return {"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": NAMESPACE}


def _binding() -> Json:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    return {"metadata": {"name": NAMESPACE}, "roleRef": role, "subjects": [_subject()]}


def _schema(name: str, verbs: list[str]) -> Json:
    """Requests of these verbs, at the priority that every service account has."""
    account = {"name": _ACCOUNT, "namespace": NAMESPACE}
    anything = {"apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
    rule = {
        "subjects": [{"kind": "ServiceAccount", "serviceAccount": account}],
        "resourceRules": [anything | {"verbs": verbs}],
    }
    return {
        "metadata": {"name": name},
        "spec": {
            "priorityLevelConfiguration": {"name": "workload-low"},
            "matchingPrecedence": 1000,
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [rule],
        },
    }
