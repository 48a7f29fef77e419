"""Documents of tasks for tests of what is told of them: made by the gateway's own code."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.document import task_document

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
INLINE = {"inline": {"prompt": "a hill"}}


def document(phase: Phase, *, ago: float = 10, **status: Any) -> dict[str, Any]:
    """The document of a task that was submitted so many seconds ago, as it comes over the wire."""
    created = NOW - timedelta(seconds=ago)
    run = TaskRun.model_validate(
        {
            "metadata": Metadata(name="t1", namespace="n", creation_timestamp=created),
            "spec": {"service": "image-generation", "task": "paint", "input": INLINE},
            "status": {"phase": phase, **status},
        }
    )
    told: dict[str, Any] = json.loads(json.dumps(task_document(run)))
    return told


def at(seconds: float) -> str:
    """A time so many seconds ago."""
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def attempt(
    number: int, began: float | None = None, ended: float | None = None, **more: Any
) -> dict[str, Any]:
    """The record of an attempt; times in seconds ago."""
    times = {"startedAt": began, "finishedAt": ended}
    told = {name: at(ago) for name, ago in times.items() if ago is not None}
    return {"number": number, "job": f"t1-{number}", **told, **more}
