"""A run in each phase."""

import json
from collections.abc import Iterator

import pytest

from tests.api.constraints.manifests import RUNS, a_run
from tests.cluster.kubectl import Kubectl


@pytest.fixture(scope="module")
def phases(api: Kubectl, place: str) -> Iterator[str]:
    """A namespace with a run in each phase."""
    names = ["none", "Queued", "Starting", "Running", "Succeeded", "Failed", "Cancelled"]
    api.apply(*[a_run(f"in-{name.lower()}") for name in names], namespace=place)
    for name in names[1:]:
        status = {
            "phase": name,
            "message": "it is so",
            "reason": "TaskError",
            "attempt": 2,
            "attempts": [
                {"number": 1, "job": "a", "node": "node-1"},
                {"number": 2, "job": "b", "node": "node-2"},
            ],
        }
        patch = json.dumps({"status": status})
        api(
            *("patch", RUNS, f"in-{name.lower()}", "-n", place, "--type=merge"),
            *("--subresource=status", "-p", patch),
        )
    yield place
    api("delete", RUNS, "-n", place, "--all", "--wait=false")
