"""What can be wrong with a request; how that is answered is in `error_answers.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from taskyard.api.taskrun import TaskRun


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (field, then position in it), and how to mend it."""

    loc: tuple[str | int, ...]
    msg: str

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.loc)
        return f"{place}: {self.msg}" if place else self.msg


class RequestError(Exception):
    """A request that cannot be served; a subclass says with which status and reason."""

    status_code: ClassVar[int] = 400
    own_status_code: ClassVar[int | None] = None
    """The status below /v1, where BentoML's clients expect another one elsewhere."""
    reason: str = "InvalidInput"

    def __init__(
        self,
        message: str,
        *,
        faults: Sequence[Fault] = (),
        task_id: str | None = None,
        phase: str | None = None,
    ) -> None:
        super().__init__(message)
        self.faults = faults
        self.task_id = task_id
        self.phase = phase


class InvalidInput(RequestError):
    """The input does not fit the task."""

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> "InvalidInput":
        """One error for all that is wrong with an input."""
        return cls("; ".join(str(fault) for fault in faults), faults=faults)


class NotReady(RequestError):
    """The task has not ended, and only a task that has can be asked for this."""

    own_status_code = 409
    reason = "NotReady"

    @classmethod
    def of(cls, run: TaskRun, told: str) -> "NotReady":
        """The error for a run, of which a verb and what follows it are told."""
        name = run.metadata.name
        return cls(f"task {name} {told}", task_id=name, phase=run.phase)


class Unknown(RequestError):
    """There is no such service, task or id."""

    status_code = 404
    reason = "NotFound"


class Expired(RequestError):
    """The task was there, and what it left is no longer kept."""

    status_code = 410
    reason = "Expired"


class WasCancelled(RequestError):
    """The task was cancelled, so it has no result."""

    status_code = 409
    reason = "Cancelled"


class IdempotencyMismatch(RequestError):
    """The Idempotency-Key stands for another request."""

    status_code = 422
    reason = "IdempotencyMismatch"


class UnusableSchema(RequestError):
    """The TaskService has an input schema that is no JSON schema; no caller can mend that."""

    status_code = 500
    reason = "ServiceInvalid"


class UnreadableRun(RequestError):
    """This version cannot read the TaskRun; no call of the gateway mends that."""

    status_code = 500
    reason = "Unreadable"


class OutcomeUnknown(RequestError):
    """It cannot be told whether the task was accepted; to submit again might run it twice."""

    status_code = 504
    reason = "OutcomeUnknown"


class CallTimeout(RequestError):
    """The caller has waited long enough; the task goes on, and its result can be fetched later."""

    status_code = 504
    reason = "CallTimeout"


class TooLarge(RequestError):
    """The body is larger than a setting allows."""

    status_code = 413
    reason = "TooLarge"


class TooSlow(RequestError):
    """The body did not come in time."""

    status_code = 408
    reason = "RequestTimeout"


class UnsupportedMediaType(RequestError):
    """The body is of a type that no task takes."""

    status_code = 415
    reason = "UnsupportedMediaType"
