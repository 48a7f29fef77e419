"""One installation for all chaos tests, with every planned case under way in it from the start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.api import namespace_api
from tests.chaos.cases import PLANNED
from tests.chaos.door import Door
from tests.chaos.yard import LICENCE, Trouble, Yard
from tests.cluster import images
from tests.cluster.cluster import Cluster
from tests.conformance.catalog import SERVICE, manifest
from tests.e2e.fixtures import new_installation
from tests.e2e.installation import Installation

_FOLDER = Path(__file__).parent
NO_LICENCES = {
    "metadata": {"name": "no-licences"},
    "spec": {"hard": {f"requests.{LICENCE}": "0"}},
}


@pytest.fixture(scope="session")
def store_door(cluster: Cluster) -> Iterator[Door]:
    """The way from pods to the object store, which a test may close."""
    address = cluster.object_store.endpoint.removeprefix("http://")
    with Door(cluster.host_ip, address) as door:
        yield door


@pytest.fixture(scope="session")
def installation(cluster: Cluster, store_door: Door) -> Iterator[Installation]:
    """Taskyard in a namespace of its own, whose object store lies behind a door."""
    store = replace(cluster.object_store, endpoint=f"http://{store_door.address}")
    yield from new_installation(replace(cluster, object_store=store), "chaos")


@pytest.fixture(scope="session")
def trouble(installation: Installation) -> Trouble:
    """The service of these tests, as the command line writes it."""
    registry = installation.cluster.registry
    image = images.build(
        SERVICE, "trouble", build_args={"RUNTIME": installation.runtime_image}, registry=registry
    )
    return Trouble(manifest(), image, images.base(registry))


@pytest.fixture(scope="session")
def yard(installation: Installation, trouble: Trouble) -> Iterator[Yard]:
    """Runs cases; those that were planned are on their way."""
    with namespace_api(installation.cluster.kubeconfig, installation.namespace) as api:
        yard = Yard(installation, api, trouble)
        api.create("v1/resourcequotas", NO_LICENCES)
        yard.submit_in_time(PLANNED)
        yield yard
        yard.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests at an outpost come first: they wait for no planned case, and those end meanwhile."""
    places = [place for place, item in enumerate(items) if item.path.parent == _FOLDER]
    ours = sorted((items[place] for place in places), key=_waits_for_planned_cases)
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _waits_for_planned_cases(item: pytest.Item) -> bool:
    return "unlucky" not in getattr(item, "fixturenames", ())
