"""An attempt of its own for each test, on the S3 server of the test cluster."""

from pathlib import Path

import pytest

from tests.cluster.fixtures import object_store
from tests.cluster.object_store import S3Server

from .runner import Attempt

__all__ = ["object_store"]


@pytest.fixture
def attempt(object_store: S3Server, tmp_path: Path) -> Attempt:
    return Attempt(object_store.store(), tmp_path)
