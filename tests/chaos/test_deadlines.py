"""A run that came past the gateway waits for its service, for so long; tests/conformance has the rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.chaos.cases import planned
from tests.chaos.yard import Yard

ABOUT_A_SECOND = timedelta(seconds=2)
"""2 cores are busy with everybody's pods."""

lost_letter = planned(
    "lost-letter", "echo", arguments={"text": "x"}, deadlines={"queue": 4},
    service_name="no-such-service", waits=True,
)  # fmt: skip


def test_a_run_whose_service_never_comes_fails_when_its_queue_deadline_is_over(yard: Yard) -> None:
    run = yard.ended(lost_letter)

    assert run.end == ("Failed", "QueueDeadlineExceeded")
    assert run.message.startswith("The run was not admitted within 4 s.")
    assert "There is no TaskService no-such-service" in run.message
    waited = datetime.fromisoformat(run.status["finishedAt"]) - datetime.fromisoformat(
        run.status["queuedAt"]
    )
    assert timedelta(seconds=4) <= waited < timedelta(seconds=4) + ABOUT_A_SECOND
    assert run.pods() == []
