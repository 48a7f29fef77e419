"""The engine of a test, for those that have no wishes of their own."""

import pytest

from .watched import World, a_world


@pytest.fixture
def world() -> World:
    return a_world()
