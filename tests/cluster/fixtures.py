"""pytest fixtures: the cluster, for the tests that ask for it. A plugin module.

What was up before the tests stays up, and what they started goes away with them, see `sessions`.
With `TASKYARD_TEST_KUBECONFIG` all of them use a given cluster, see `given`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from .cluster import Cluster
from .control_plane import ControlPlane
from .given import given, given_kubeconfig, given_object_store, has_object_store, why_incomplete
from .helm import Helm
from .kubectl import Kubectl
from .object_store import S3Server
from .parts import CONTROL_PLANE, NODE, OBJECT_STORE
from .proxy import proxied
from .requirements import why_no_node
from .sessions import use


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """A Kubernetes API with its controllers: pods are accepted, but may have nowhere to run."""
    if kubeconfig := given_kubeconfig():
        yield ControlPlane(kubeconfig)
        return
    with use(CONTROL_PLANE) as plane:
        yield plane


@pytest.fixture(scope="session")
def object_store() -> Iterator[S3Server]:
    """An S3 server for tests that run no pods."""
    if has_object_store():
        yield given_object_store()
        return
    with use(OBJECT_STORE) as server:
        yield server


@pytest.fixture
def opened_store(object_store: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The same, for tests that use it themselves: its keys are where our own client looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", object_store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", object_store.secret_key)
    return object_store


@pytest.fixture(scope="session")
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    """A cluster that runs pods: the control plane with a node, a registry and an S3 server."""
    if given_kubeconfig():
        yield _given_cluster(control_plane)
        return
    if reason := why_no_node():
        pytest.skip(reason)
    with use(NODE) as whole:
        yield whole


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """The name of a namespace of this test's own, in which pods can be created."""
    name = f"test-{secrets.token_hex(4)}"
    kubectl("create", "namespace", name)
    # The API server accepts no pod before a controller has made this.
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=30s")
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    return Kubectl(control_plane.kubeconfig)


@pytest.fixture(scope="session")
def api_server(kubectl: Kubectl) -> Iterator[httpx.Client]:
    """The API server by plain HTTP, for what tests ask often."""
    with proxied(kubectl) as client:
        yield client


@pytest.fixture(scope="session")
def helm(control_plane: ControlPlane) -> Helm:
    return Helm(control_plane.kubeconfig)


def _given_cluster(control_plane: ControlPlane) -> Cluster:
    if reason := why_incomplete():
        pytest.skip(reason)
    server = given_object_store()
    return Cluster(control_plane.kubeconfig, given("REGISTRY"), given("HOST_IP"), server)
