"""A task that really runs is followed while it does: what it prints, says and gives comes from its runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from taskyard.api.runner import InputSource
from tests.gateway.place import Place
from tests.runtime.runner import Attempt, Finished

from .story import Heard, Story, following


@dataclass
class Run:
    """One task, run by a runner and followed meanwhile."""

    story: Story
    attempt: Attempt
    http: httpx.Client

    def followed(self, task: str, only: str, /, **arguments: Any) -> tuple[list[Heard], Finished]:
        """The events of a kind, of which the first was heard while the task ran; and what it left."""
        entrypoint, _, name = task.rpartition(".")
        ticket = self.attempt.ticket(entrypoint, name, InputSource(inline=arguments))
        with following(self.http, self.story.task_id, only=only) as events:
            with self.attempt.started(ticket) as running:
                self.story.run()
                first = next(events)
                assert running.process.poll() is None, "it was heard of only after its end"
                finished = running.finish()
            self.story.succeed()
            *heard, end = [first, *events]
        assert end.name == "end"
        assert finished.report.outcome == "Succeeded"
        return heard, finished


@pytest.fixture
def run(http: httpx.Client, place: Place, task_id: str, tmp_path: Path) -> Run:
    attempt = Attempt(place.server.store(), tmp_path)
    attempt.prefix = f"{place.namespace}/{place.namespace}/{task_id}/1"
    return Run(Story(place, task_id), attempt, http)


def test_what_a_task_prints_is_heard_while_it_runs(run: Run) -> None:
    heard, finished = run.followed("patient:Patient.count_slowly", "log", seconds=5)

    log = "".join(event.data["text"] for event in heard)
    assert log == finished.log
    assert log == run.http.get(f"/v1/tasks/{run.story.task_id}/logs").text


def test_what_a_task_says_of_its_progress_is_heard_while_it_runs(run: Run) -> None:
    fractions = [number / 40 for number in range(40)]

    heard, _ = run.followed("patient:Patient.report_calmly", "progress", fractions=fractions)

    assert [event.data["fraction"] for event in heard] == fractions


def test_what_a_task_gives_away_is_heard_while_it_runs_and_stays(run: Run) -> None:
    heard, _ = run.followed("generous:Generous.give_slowly", "output", number=50)

    assert [event.data["value"] for event in heard] == list(range(50))
    kept = run.http.get(f"/v1/tasks/{run.story.task_id}/outputs").json()
    assert kept["items"] == [event.data for event in heard]
