"""How far a task run has come, as the client tells it."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
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


_PHASES = {
    "Queued": ResultStatus.PENDING,
    "Starting": ResultStatus.PENDING,
    "Running": ResultStatus.IN_PROGRESS,
    "Succeeded": ResultStatus.SUCCESS,
    "Failed": ResultStatus.FAILURE,
    "Cancelled": ResultStatus.CANCELLED,
}
"""The states of Taskyard's own API."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the task last said of itself: `fraction` from 0 to 1 if it knows, and a sentence."""

    fraction: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to run a task.

    Attributes:
        number: Which one, from 1.
        reason: Why it ended, in one word; empty while it runs, and where it ended well.
        message: The same in a sentence.
        exit_code: Of its process, where it is known.
        error_type: The class of the exception that ended it, if one did.
        node: The machine it ran on.
        started_at: When its code began to run.
        finished_at: When it ended; None before.
        log_stored: Whether it has left a log.
    """

    number: int
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    error_type: str | None = None
    node: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    log_stored: bool = False


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
        task: The task's name; this and what follows is told by Taskyard's own API alone.
        labels: What the caller gave it.
        priority: Who has more comes first.
        position: Its place in the line, while it waits in one.
        attempts: All attempts so far.
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
    task: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    position: int | None = None
    attempts: tuple[Attempt, ...] = ()

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
    """The status in the JSON of `GET /X/status` or of Taskyard's own API.

    What an older server does not send is optional.

    Raises:
        ValueError: there is no status in it, or one that this client does not know.
    """
    return TaskStatus(
        task_id=str(answer.get("task_id") or answer.get("id") or ""),
        status=_state(answer),
        phase=answer.get("phase") or "",
        reason=answer.get("reason") or "",
        message=answer.get("message") or "",
        attempt=answer.get("attempt") or 0,
        progress=read_progress(answer.get("progress")),
        created_at=_time(answer.get("created_at") or answer.get("createdAt")),
        finished_at=_time(answer.get("finished_at") or answer.get("finishedAt")),
        task=answer.get("task") or "",
        labels=dict(answer.get("labels") or {}),
        priority=answer.get("priority") or 0,
        position=answer.get("position"),
        attempts=tuple(map(_attempt, answer.get("attempts") or ())),
    )


def _state(answer: Mapping[str, Any]) -> ResultStatus:
    if "status" not in answer and answer.get("phase") in _PHASES:
        return _PHASES[answer["phase"]]
    word = str(answer.get("status"))
    return ResultStatus(_BENTOML_WORDS.get(word, word))


def _attempt(told: Mapping[str, Any]) -> Attempt:
    return Attempt(
        number=told["number"],
        reason=told.get("reason") or "",
        message=told.get("message") or "",
        exit_code=told.get("exitCode"),
        error_type=told.get("errorType"),
        node=told.get("node"),
        started_at=_time(told.get("startedAt")),
        finished_at=_time(told.get("finishedAt")),
        log_stored=bool(told.get("logStored")),
    )


def read_progress(answer: Mapping[str, Any] | None) -> Progress | None:
    """What a task said of itself, if it did."""
    if not answer:
        return None
    return Progress(fraction=answer.get("fraction"), message=answer.get("message") or "")


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
