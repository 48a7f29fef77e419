"""A server that tests share where they do not end it."""

from collections.abc import Iterator

import pytest

from tests.cluster.fixtures import object_store

from .serving import LocalServer, taskyard_serve

__all__ = ["object_store"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    data = tmp_path_factory.mktemp("local") / "data"
    with taskyard_serve(data, "--workers", "4", "--gpus", "7") as running:
        yield running
