"""A namespace with a service, a place in the bucket, and the processes that serve both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.objects.store import BucketStore
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server
from tests.controller.definitions import install

from .place import Place
from .process import Processes


@pytest.fixture
def definitions(kubectl: Kubectl) -> None:
    """The definitions of our resources are installed, for each test anew: others share the cluster."""
    install(kubectl)


@pytest.fixture
def bucket(namespace: str, opened_store: S3Server) -> Iterator[BucketStore]:
    """Our own client of the part of the bucket that belongs to the namespace."""
    yield BucketStore(
        StorageSettings(
            url=f"s3://{opened_store.bucket}/{namespace}",
            endpoint=opened_store.endpoint,
            region=opened_store.region,
        )
    )
    store = opened_store.store()
    for page in store.list(f"{namespace}/"):
        store.delete([item["path"] for item in page])


@pytest.fixture
def place(
    namespace: str,
    definitions: None,
    kubectl: Kubectl,
    object_store: S3Server,
    bucket: BucketStore,
) -> Place:
    """The namespace, with the services `studio` and `workshop`."""
    place = Place(namespace, kubectl, object_store)
    place.serve("studio", "workshop")
    return place


@pytest.fixture
def processes(
    namespace: str, control_plane: ControlPlane, object_store: S3Server, tmp_path: Path
) -> Processes:
    return Processes(namespace, control_plane.kubeconfig, object_store, tmp_path)


@pytest.fixture
def http(place: Place, processes: Processes) -> Iterator[httpx.Client]:
    """A plain client of a gateway."""
    with processes.gateway() as client:
        yield client
