"""A queue of the cluster, such as Kueue, holds the Job of an attempt, and lets it go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .conftest import Team
from .processes import Controllers, until

START = 3
"""Seconds of the start deadline: no pod of this service is ever placed, so it always strikes in the end."""


def hold(team: Team, job: str, *, held: bool) -> None:
    patch = f'{{"spec": {{"suspend": {str(held).lower()}}}}}'
    team.kubectl("patch", "job", job, "-n", team.namespace, "--type=merge", "-p", patch)


def status(team: Team, run: str) -> dict[str, Any]:
    found = team.kubectl.json("get", "taskruns.taskyard.dev", run, "-n", team.namespace)
    said: dict[str, Any] = found.get("status", {})
    return said


def time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_attempt_that_was_held_has_all_of_its_time_to_start_once_it_is_let_go(
    team: Team, controllers: Controllers
) -> None:
    controllers.start(enabled=False)
    team.submit("held", deadlines={"start": START})
    until(lambda: status(team, "held").get("reason") == "Unschedulable", "its pod is known")
    hold(team, "held-1", held=True)
    until(lambda: status(team, "held").get("reason") == "Suspended", "it is held")
    created = time(status(team, "held")["queuedAt"])
    longer_than_it_may_take = timedelta(seconds=2 * START)
    until(
        lambda: datetime.now(created.tzinfo) > created + longer_than_it_may_take,
        "it is held for longer than it may take to start",
    )

    let_go = datetime.now(created.tzinfo).replace(microsecond=0)
    hold(team, "held-1", held=False)

    until(lambda: status(team, "held").get("phase") == "Failed", "it fails to start in the end")
    said = status(team, "held")
    assert (said["reason"], len(said["attempts"])) == ("StartDeadlineExceeded", 1)
    assert "No node can take the pod" in said["message"]
    assert time(said["attempts"][0]["admittedAt"]) >= let_go
    assert time(said["finishedAt"]) >= let_go + timedelta(seconds=START)
