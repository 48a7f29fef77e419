"""What the record of a run, and the notes of its attempts, must say whatever happened meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskyard_operator.core.retry import DISRUPTIONS
from tests.soak.client import Played
from tests.soak.kinds import Kind


@dataclass(frozen=True)
class Note:
    """A line that an attempt wrote on the node."""

    attempt: int
    what: str
    at: float


@dataclass(frozen=True)
class Story:
    """A run as its record tells it, and as its attempts did."""

    id: str
    kind: Kind
    number: int
    status: dict[str, Any]
    notes: list[Note]

    @property
    def end(self) -> tuple[str, str]:
        """Phase and reason."""
        return self.status["phase"], self.status.get("reason", "")

    @property
    def reasons(self) -> list[str]:
        """How its attempts ended; an empty one for success."""
        return [attempt.get("reason", "") for attempt in self.status.get("attempts", [])]

    def began(self) -> list[int]:
        """The attempts whose code began, in this order."""
        return [note.attempt for note in self.notes if note.what == "began"]


def notes_of(witness: Path, run: str) -> list[Note]:
    """What the attempts of a run wrote, in order."""
    file = witness / f"{run}.notes"
    lines = file.read_text().splitlines() if file.exists() else []
    return [Note(**json.loads(line)) for line in lines]


def faults(story: Story) -> Iterator[str]:
    """What is wrong with a run, in sentences; nothing if all is well."""
    kind, reasons, began = story.kind, story.reasons, story.began()
    if story.end != kind.end:
        yield f"it ended as {story.end}: {story.status.get('message')}"
    strange = set(reasons) - kind.own_failures - DISRUPTIONS
    if strange:
        yield f"its attempts ended with {sorted(strange)}: {_messages(story)}"
    if any(note.what == "beside another" for note in story.notes):
        yield "two of its attempts ran at the same time"
    if len(began) != len(set(began)):
        yield f"one of its attempts began twice: {began}"
    if began != sorted(began) or not set(began) <= set(range(1, len(reasons) + 1)):
        yield f"its attempts began in the order {began}, and the record tells of {len(reasons)}"
    for note in story.notes:
        follows = note.what == "returned" and any(later > note.attempt for later in began)
        if follows and note.attempt <= len(reasons) and reasons[note.attempt - 1] == "":
            yield f"attempt {note.attempt} succeeded, and another one followed"


def faults_of_answers(played: Played) -> Iterator[str]:
    """What is wrong with what the client was told."""
    kind = played.play.kind
    if kind.result and played.result != kind.result(played.play.number):
        yield f"the result is {str(played.result)[:80]!r}"
    for status in played.statuses:
        if (status.phase, status.reason) != kind.end:
            yield f"the gateway said {status.phase} {status.reason}: {status.message}"


def _messages(story: Story) -> list[str]:
    return [
        f"{attempt.get('reason')}: {attempt.get('message')}"
        for attempt in story.status.get("attempts", [])
    ]
