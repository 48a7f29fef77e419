"""A second gateway for the place that most tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.place import Place
from tests.gateway.process import Gateway


@pytest.fixture(scope="session")
def another_gateway(place: Place, start_gateway: StartGateway) -> Iterator[Gateway]:
    """One in which nobody waits long for the end of a task."""
    with start_gateway(place, maxWaitSeconds=0.2) as gateway:
        yield gateway
