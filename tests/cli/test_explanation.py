"""What `taskyard explain` says, for each way in which a task can stand."""

from __future__ import annotations

from typing import Any

import pytest

from taskyard.api.reasons import Phase
from taskyard.cli._explanation import explanation
from taskyard_operator.core.admission import Turn

from .documents import NOW, at, attempt, document

THIRD = Turn(3, "Service image-generation", 1, NOW)
RESULT = {"key": "k", "size": 2048, "sha256": "0" * 64, "contentType": "image/png"}
RELEASED = {
    "type": "ResourcesReleased",
    "status": "True",
    "reason": "Gone",
    "message": "",
    "lastTransitionTime": at(1),
}


@pytest.mark.parametrize(
    ("task", "sentences"),
    [
        pytest.param(
            document(Phase.QUEUED, ago=190, reason="ConcurrencyLimit", message=THIRD.message),
            [
                "image-generation.paint t1 has waited for 3m10s, at place 3 in line.",
                f"Why: ConcurrencyLimit: {THIRD.message}",
                "That means: As many runs of the service or the namespace",
                "What to do: Its turn comes;",
            ],
            id="a task in line says its place",
        ),
        pytest.param(
            document(
                Phase.STARTING, reason="Unschedulable", message="no node has a GPU", attempt=1
            ),
            [
                "is about to run: attempt 1 starts, 10s after it was submitted.",
                "Why: Unschedulable: no node has a GPU",
                "What to do (platform team): Add a node",
            ],
            id="a task without a node says who can act",
        ),
        pytest.param(
            document(
                Phase.RUNNING,
                attempt=1,
                startedAt=at(5),
                progress={"fraction": 0.4, "message": "step 4"},
            ),
            [
                "has run for 5s, in attempt 1; it says: 40% step 4.",
                "See what it prints: taskyard logs -f t1",
            ],
            id="a running task says how far it is",
        ),
        pytest.param(
            document(
                Phase.QUEUED,
                ago=9000,
                reason="BackingOff",
                message="Attempt 1 ended with Disrupted.",
                startedAt=at(8900),
                attempt=1,
                attempts=[attempt(1, 8900, 7, reason="Disrupted")],
            ),
            ["image-generation.paint t1 waits again: attempt 1 ended 7s ago."],
            id="a task between two attempts has not waited since it was submitted",
        ),
        pytest.param(
            document(
                Phase.RUNNING,
                ago=9000,
                startedAt=at(8900),
                attempt=2,
                attempts=[attempt(1, 8900, 70, reason="Disrupted"), attempt(2, 5)],
            ),
            ["has run for 5s, in attempt 2.", "Attempt 2: runs for 5s"],
            id="a task that runs again has run since its last attempt began",
        ),
        pytest.param(
            document(
                Phase.STARTING,
                attempt=2,
                attempts=[attempt(1, 9, 8, reason="Disrupted"), attempt(2)],
            ),
            ["Attempt 2: starts"],
            id="an attempt that has not begun does not run",
        ),
        pytest.param(
            document(
                Phase.SUCCEEDED,
                startedAt=at(8),
                finishedAt=at(2),
                result=RESULT,
                conditions=[RELEASED],
                attempts=[attempt(1, 8, 2)],
            ),
            [
                "succeeded 2s ago after it had run for 6s.",
                "Fetch its result (image/png, 2.0 KiB): taskyard result t1",
            ],
            id="a success says how to fetch the result",
        ),
        pytest.param(
            document(
                Phase.FAILED,
                reason="OutOfMemory",
                startedAt=at(8),
                finishedAt=at(2),
                attempt=2,
                attempts=[
                    attempt(1, 9, 8, reason="Disrupted", node="node-1"),
                    attempt(2, 8, 2, reason="OutOfMemory", logStored=True),
                ],
            ),
            [
                "Why: OutOfMemory",
                "What to do (task author): Raise `resources.limits.memory`",
                "Attempt 1: Disrupted after 1s on node-1",
                "Attempt 2: OutOfMemory after 6s",
                "See what it printed: taskyard logs t1",
                "Run it again with the same input: taskyard retry t1",
                "Its container has not let go of its CPU, memory or GPU yet.",
            ],
            id="a failure tells of all its attempts",
        ),
        pytest.param(
            document(Phase.CANCELLED, reason="Cancelled", finishedAt=at(2)),
            ["was cancelled 2s ago before it ran.", "Why: Cancelled"],
            id="a task that was cancelled in line never ran",
        ),
        pytest.param(
            document(Phase.FAILED, reason="OfTomorrow", message="new", finishedAt=at(2)),
            ["Why: OfTomorrow: new"],
            id="a reason of a newer gateway is told as it is",
        ),
    ],
)
def test_an_explanation(task: dict[str, Any], sentences: list[str]) -> None:
    said = explanation(task, NOW)

    for sentence in sentences:
        assert sentence in said
