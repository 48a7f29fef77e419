"""One gateway for most tests; those that need other settings, or a broken world, start their own."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import taskyard
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server

from .place import Place
from .process import Gateway
from .studio import Studio, Workshop, manifest

_CRDS = Path(__file__).parents[2] / "crds"

NewPlace = Callable[..., AbstractContextManager[Place]]
StartGateway = Callable[..., Gateway]


@pytest.fixture(scope="session")
def new_place(kubectl: Kubectl, api_server: httpx.Client, object_store: S3Server) -> NewPlace:
    """Makes a namespace with services in it, given as manifests; it goes away at the end of `with`."""
    kubectl("apply", "-f", _CRDS)
    kubectl("wait", "--for=condition=Established", "-f", _CRDS, "--timeout=30s")

    @contextmanager
    def made(*services: Mapping[str, Any]) -> Iterator[Place]:
        place = Place(f"gateway-{secrets.token_hex(4)}", kubectl, object_store, api_server)
        kubectl("create", "namespace", place.namespace)
        try:
            if services:
                kubectl.apply(*services, namespace=place.namespace)
            yield place
        finally:
            kubectl("delete", "namespace", place.namespace, "--wait=false")
            place.clear()

    return made


@pytest.fixture(scope="session")
def start_gateway(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> StartGateway:
    """Starts a gateway for a place; settings of its section by keyword, and what else is different."""

    def started(
        place: Place,
        *,
        storage: Mapping[str, Any] | None = None,
        kubeconfig: Path | None = None,
        environment: Mapping[str, str] | None = None,
        log_level: str = "INFO",
        metrics_port: int = 0,
        webhooks: bool = False,
        **gateway: Any,
    ) -> Gateway:
        settings = {
            "logLevel": log_level,
            "storage": {**place.storage(), **(storage or {})},
            "metrics": {"port": metrics_port},
            "webhooks": {"enabled": webhooks},
            "gateway": {"namespace": place.namespace, **gateway},
        }
        known = place.variables(kubeconfig or control_plane.kubeconfig)
        variables = {**known, **(environment or {})}
        return Gateway(tmp_path_factory.mktemp("gateway"), settings, variables)

    return started


@pytest.fixture(scope="session")
def place(new_place: NewPlace) -> Iterator[Place]:
    """A namespace with the services `studio` and `workshop`."""
    with new_place(manifest(Studio, "studio"), manifest(Workshop, "workshop")) as place:
        yield place


@pytest.fixture(scope="session")
def gateway(place: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """A gateway with `studio` at its root; it says all that it can in its log."""
    with start_gateway(place, rootService="studio", log_level="DEBUG", webhooks=True) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def http(gateway: Gateway) -> Iterator[httpx.Client]:
    """A plain HTTP client of the gateway, which is neither ours nor BentoML's."""
    with gateway.client() as client:
        yield client


@pytest.fixture(params=["", "/services/studio"], ids=["at the root", "below its name"])
def client(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[taskyard.SyncHTTPClient]:
    """A blocking client of `studio`."""
    with taskyard.SyncHTTPClient(gateway.url + request.param) as client:
        yield client


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A port of loopback where nobody listens, and nobody else will."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture(scope="session")
def here(new_place: NewPlace) -> Iterator[Place]:
    """A namespace in which nothing but the service is to be."""
    with new_place(manifest(Studio, "studio")) as place:
        yield place


@pytest.fixture(scope="session")
def without_api_server(
    here: Place,
    start_gateway: StartGateway,
    control_plane: ControlPlane,
    closed_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    """A gateway whose API server refuses connections."""
    config = json.loads(control_plane.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{closed_port}"
    kubeconfig = tmp_path_factory.mktemp("kubeconfig") / "config"
    kubeconfig.write_text(json.dumps(config))
    with start_gateway(here, kubeconfig=kubeconfig, log_level="DEBUG") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def without_store(here: Place, start_gateway: StartGateway, closed_port: int) -> Iterator[Gateway]:
    """A gateway whose object store refuses connections."""
    storage = {"endpoint": f"http://127.0.0.1:{closed_port}"}
    with start_gateway(here, storage=storage, log_level="DEBUG") as gateway:
        yield gateway


@pytest.fixture
def task_id(http: httpx.Client) -> str:
    """A run of `studio` that was just accepted."""
    return submitted(http.post("/echo/submit", json={"value": "hello"}))


def submitted(answer: httpx.Response) -> str:
    """The id of the run that was accepted."""
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])
