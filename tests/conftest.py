"""What all tests share: the fixtures of the test cluster, and marks that follow from their use."""

import os

import hypothesis
import pytest

# CI tries the same examples every time: a run of it tells of the change it is for, and not of its luck.
# New examples are what people's own runs look for.
hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", max_examples=100, deadline=None)
hypothesis.settings.register_profile("quick", max_examples=10, deadline=None)
_BY_DEFAULT = "ci" if os.environ.get("CI") else "thorough"
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _BY_DEFAULT))

pytest_plugins = ["tests.ending", "tests.cluster.fixtures", "tests.e2e.fixtures"]

_MARK_OF_FIXTURE = {"cluster": "cluster", "control_plane": "control_plane", "object_store": "s3"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is as heavy as the heaviest fixture it uses; one without any of them is pure."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for fixture, mark in _MARK_OF_FIXTURE.items():
            if fixture in used:
                item.add_marker(mark)
