"""The gateway under requests: beside `bentoml serve` and the bare API server, and with thousands in flight.

Neither a controller nor a node takes part: tasks that are submitted stay queued until they are ended here.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server
from tests.cluster.proxy import proxied
from tests.compatibility.environments import NEWEST
from tests.compatibility.serving import bentoml_serve
from tests.controller.definitions import install
from tests.controller.processes import free_port
from tests.gateway.place import Place
from tests.gateway.process import Gateway
from tests.gateway.studio import manifest

from . import answers, in_flight
from .api import Api
from .figures import Figure
from .in_flight import Serving
from .local import SERVICES
from .services.trivial import Trivial
from .task_runs import SERVICE, collection, create_ended, delete_all

_BENTOML, _BARE = f"BentoML {NEWEST}", "the API server"
_TARGETS = {_BENTOML: 0.5, _BARE: 0.25}
"""The gateway's answers for each of theirs: BentoML writes to a file, the API server is asked by it."""


@dataclass(frozen=True)
class Sizes:
    """How much is done; smaller ones only show that it works."""

    finished: int = 10_000
    requests: int = 300
    rounds: int = 3
    tasks: int = 5_000
    ends_per_second: float = 150


FULL = Sizes()


async def measure(plane: ControlPlane, store: S3Server, sizes: Sizes = FULL) -> list[Figure]:
    """Answers where so many runs have ended; then, in another namespace, so many tasks in flight."""
    async with _serving(plane, store) as serving:
        await create_ended(serving.api, serving.runs, sizes.finished)
        compared = await _compared(serving, sizes)
    async with _serving(plane, store) as serving:
        return compared + await in_flight.measure(serving, sizes.tasks, sizes.ends_per_second)


async def _compared(serving: Serving, sizes: Sizes) -> list[Figure]:
    with (
        TemporaryDirectory() as folder,
        bentoml_serve(NEWEST, Path(folder), "trivial_bento:Trivial", SERVICES) as bentoml,
    ):
        async with (
            aiohttp.ClientSession(serving.gateway.url) as ours,
            aiohttp.ClientSession(bentoml.url) as theirs,
        ):
            servers: dict[str, answers.Asked] = {
                "the gateway": answers.TaskServer(ours),
                _BENTOML: answers.TaskServer(theirs),
                _BARE: answers.BareRuns(serving.api, serving.runs),
            }
            return await answers.measure(servers, sizes.requests, sizes.rounds, _TARGETS)


@asynccontextmanager
async def _serving(plane: ControlPlane, store: S3Server) -> AsyncIterator[Serving]:
    """A namespace of its own with a gateway; nothing of it is left."""
    kubectl = Kubectl(plane.kubeconfig)
    with proxied(kubectl) as api:
        place = Place(f"http-{secrets.token_hex(4)}", kubectl, store, api)
        async with _serving_in(place, plane.kubeconfig) as serving:
            yield serving


@asynccontextmanager
async def _serving_in(place: Place, kubeconfig: Path) -> AsyncIterator[Serving]:
    runs, port = collection(place.namespace), free_port()
    settings = {
        "storage": place.storage(),
        "metrics": {"port": port},
        "gateway": {"namespace": place.namespace, "rootService": SERVICE},
    }
    install(place.kubectl)
    place.kubectl("create", "namespace", place.namespace)
    async with Api.connect(kubeconfig) as api:
        try:
            place.kubectl.apply(manifest(Trivial, SERVICE), namespace=place.namespace)
            variables = place.variables(kubeconfig)
            with (
                TemporaryDirectory() as folder,
                Gateway(Path(folder), settings, variables) as gateway,
            ):
                yield Serving(gateway, f"http://127.0.0.1:{port}/metrics", api, runs)
        finally:
            await delete_all(api, runs)
            place.kubectl("delete", "namespace", place.namespace, "--wait=false")
            place.clear()
