"""The real API server with our resources, and one namespace for all cases of a module."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

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
