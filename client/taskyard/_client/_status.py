"""How far a task run has come, as the client tells it."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class ResultStatus(StrEnum):
    """The five states that a caller can tell apart; the last three are final."""

    PENDING = "pending"
    """Accepted; no code of the task runs yet."""
    IN_PROGRESS = "in_progress"
    """The task runs."""
    SUCCESS = "success"
    """The result can be fetched."""
    FAILURE = "failure"
    """It ended without a result; reason and message say why."""
    CANCELLED = "cancelled"
    """Somebody asked for the end, and nothing of it runs any more."""


_BENTOML_WORDS = {"completed": "success", "failed": "failure", "canceled": "cancelled"}
"""What a gateway says to those whose User-Agent a proxy took away."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the task last said of itself: `fraction` from 0 to 1 if it knows, and a sentence."""

    fraction: float | None = None
    message: str = ""


@dataclass(frozen=True, eq=False)
class TaskStatus:
    """One look at a task run.

    It equals the `ResultStatus` (or the word) that it holds: `status == ResultStatus.SUCCESS` and
    `status.value == "success"` both work.

    Attributes:
        task_id: The task run's id.
        status: The state.
        phase: The state in the cluster's words, such as `Starting`.
        reason: Why it ended, or what it waits for, in one word; empty if there is nothing to say.
        message: The same in a sentence.
        attempt: Which attempt this is, from 1; 0 before the first.
        progress: What the task said of itself, if it did.
        created_at: When it was accepted.
        finished_at: When it ended; None before.
    """

    task_id: str
    status: ResultStatus
    phase: str = ""
    reason: str = ""
    message: str = ""
    attempt: int = 0
    progress: Progress | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def value(self) -> str:
        """The state as a plain word: pending, in_progress, success, failure or cancelled."""
        return self.status.value

    @property
    def finished(self) -> bool:
        """Whether this state is final."""
        return self.status not in (ResultStatus.PENDING, ResultStatus.IN_PROGRESS)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TaskStatus):
            return astuple(self) == astuple(other)
        if isinstance(other, str):
            return self.value == other
        return NotImplemented

    def __hash__(self) -> int:
        # What is equal must hash alike, and a status equals its word.
        return hash(self.value)

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.value}{reason}: {self.message}" if self.message else f"{self.value}{reason}"


def read_status(answer: Mapping[str, Any]) -> TaskStatus:
    """The status in the JSON of `GET /X/status`; what an older server does not send is optional.

    Raises:
        ValueError: there is no status in it, or one that this client does not know.
    """
    word = str(answer.get("status"))
    return TaskStatus(
        task_id=str(answer.get("task_id", "")),
        status=ResultStatus(_BENTOML_WORDS.get(word, word)),
        phase=answer.get("phase") or "",
        reason=answer.get("reason") or "",
        message=answer.get("message") or "",
        attempt=answer.get("attempt") or 0,
        progress=_progress(answer.get("progress")),
        created_at=_time(answer.get("created_at")),
        finished_at=_time(answer.get("finished_at")),
    )


def _progress(answer: Mapping[str, Any] | None) -> Progress | None:
    if not answer:
        return None
    return Progress(fraction=answer.get("fraction"), message=answer.get("message") or "")


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
