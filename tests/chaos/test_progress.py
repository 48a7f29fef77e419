"""A task that talks all the time is heard, and costs the API server little."""

from __future__ import annotations

from itertools import pairwise

from tests.chaos.cases import planned
from tests.chaos.yard import Yard
from tests.cluster.kubectl import Kubectl

INTERVAL = 10
"""Seconds between two writes for progress, if nobody sets another time."""
SECONDS = 35

talkative = planned("talkative", "count", arguments={"seconds": SECONDS, "interval": 0.2})
quiet = planned("quiet", "hold", arguments={"seconds": SECONDS})


def test_kubectl_shows_the_progress_of_a_task(yard: Yard) -> None:
    run = yard.ended(talkative)

    told = [status["progress"]["fraction"] for status in run.statuses if "progress" in status]
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1
    kubectl = Kubectl(yard.installation.cluster.kubeconfig)
    shown = kubectl(
        "get", "taskruns.taskyard.dev", run.name, "-n", yard.installation.namespace, "-o", "wide"
    )
    header, row = shown.splitlines()
    assert "PROGRESS" in header
    assert str(told[-1]) in row.split()


def test_progress_is_written_every_ten_seconds_at_most(yard: Yard) -> None:
    run = yard.ended(talkative)

    versions = [seen for seen in yard.runs.of(run.name) if "status" in seen.manifest]
    heard = [
        later.at
        for earlier, later in pairwise(versions)
        if earlier.manifest["status"].get("progress") != later.manifest["status"].get("progress")
    ]
    assert len(heard) >= 2
    # From the first to the last: a single one may be late, and the next in time.
    seconds = (heard[-1] - heard[0]).total_seconds()
    assert len(heard) - 1 <= (seconds + 2) / INTERVAL


def test_a_task_that_says_nothing_new_is_written_of_once(yard: Yard) -> None:
    run = yard.ended(quiet)

    phases = [status["phase"] for status in run.statuses if status["phase"] != "Starting"]
    assert phases == ["Running", "Running", "Succeeded"]
    assert run.status["progress"] == {"fraction": 0.5, "message": "in the middle of it"}
