"""The real API server with our resources, and one namespace for all cases of a module."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kubernetes.aio import client, config

from taskyard_operator.kube.api import KubeApi
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl

CRDS = Path(__file__).parent.parent.parent / "crds"


@pytest.fixture(scope="session")
def api(kubectl: Kubectl) -> Kubectl:
    """kubectl, once the API server knows TaskService and TaskRun."""
    kubectl("apply", "-f", CRDS)
    kubectl("wait", "--for=condition=Established", "-f", CRDS, "--timeout=30s")
    return kubectl


@pytest.fixture(scope="module")
def place(api: Kubectl) -> Iterator[str]:
    """The name of a namespace; no pods are run in it."""
    name = f"test-{secrets.token_hex(4)}"
    api("create", "namespace", name)
    yield name
    api("delete", "namespace", name, "--wait=false")


@pytest.fixture
async def kube(control_plane: ControlPlane) -> AsyncIterator[KubeApi]:
    configuration = client.Configuration()
    await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
    api = KubeApi(client.ApiClient(configuration))
    yield api
    await api.close()
    # aiohttp does not wait until the connection of a watch that was left early is closed, and says so:
    # docs.aiohttp.org, "Graceful shutdown".
    await asyncio.sleep(0.25)
