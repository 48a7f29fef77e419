"""pytest fixtures: one installation for all tests that ask for one and leave it as it was. A plugin module."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.chart.release import remove
from tests.cluster.cluster import Cluster
from tests.e2e.installation import Installation, install


@pytest.fixture(scope="session")
def installation(cluster: Cluster) -> Iterator[Installation]:
    """Taskyard, installed by helm into a namespace of its own."""
    yield from new_installation(cluster, "e2e")


def new_installation(cluster: Cluster, name: str) -> Iterator[Installation]:
    """An installation in a new namespace, which is removed when the iterator is closed."""
    namespace = f"{name}-{secrets.token_hex(3)}"
    try:
        yield install(cluster, namespace)
    finally:
        remove(cluster, namespace, wait=False)
