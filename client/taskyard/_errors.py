"""Everything that a client raises on purpose.

    TaskyardError
    ├── APIError                 the server answered, and the answer is an error
    │   ├── InvalidArgument      400, 413, 415, 422: the request does not fit the task
    │   ├── NotFound             404, 410: no such task run (any more), or no such address
    │   ├── TaskNotFinished      400 NotReady: a result or a retry was asked for too early
    │   ├── TaskFailed           the result of a task that failed or was cancelled
    │   └── ServerError          any other 5xx
    ├── APIConnectionError       no answer: refused, cut, or not understood
    │   └── APITimeoutError      no answer in time (also a TimeoutError)
    ├── Unsupported              the server is not Taskyard's, or too old for what was asked
    └── WaitTimeout              the task had not ended in time (also a TimeoutError)

Wrong arguments in a call are a plain `TypeError`, raised before anything is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskyard._client._status import TaskStatus


class TaskyardError(Exception):
    """The root: whatever goes wrong between this program and the service."""


class APIError(TaskyardError):
    """The server answered with an error. `str()` of it is one sentence that says what to do.

    Attributes:
        status_code: The HTTP status.
        reason: One stable word to decide by, such as `InvalidInput`; empty if there is none.
        message: What happened, for people.
        detail: Which fields are wrong: objects with `loc` (a path), `msg` and perhaps `remedy`.
        task_id: The task run that it is about, if any.
        request_id: What to quote to whoever runs the service, if the server gave one.
    """

    def __init__(
        self,
        status_code: int,
        reason: str = "",
        message: str = "",
        detail: Sequence[Mapping[str, Any]] = (),
        task_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(status_code, reason, message, detail, task_id, request_id)
        self.status_code = status_code
        self.reason = reason
        self.message = message
        self.detail = tuple(detail)
        self.task_id = task_id
        self.request_id = request_id

    def __str__(self) -> str:
        sentence = f"{self.reason or f'HTTP {self.status_code}'}: {self._said()}"
        return f"{sentence} (request {self.request_id})" if self._worth_reporting() else sentence

    def _said(self) -> str:
        message = self.message or "the server did not say more"
        fields = [_field(item) for item in self.detail if not _is_told(item, message)]
        return f"{message.rstrip('.')}: {'; '.join(fields)}" if fields else message

    def _worth_reporting(self) -> bool:
        """Whether the caller cannot mend it alone, so that the request's id is of use."""
        return self.request_id is not None and self.status_code >= 500


class InvalidArgument(APIError):
    """The request does not fit the task: wrong or missing fields, too large, of a wrong kind."""


class NotFound(APIError):
    """The server knows no such task run, or no longer; or the address is not a service's."""


class TaskNotFinished(APIError):
    """The task has not ended, so there is nothing to fetch or to retry. `wait()` for it."""


class TaskFailed(APIError):
    """The task ended without a result: `reason` and `message` say why, `task_id` which."""

    def __str__(self) -> str:
        which = f"task {self.task_id}" if self.task_id else "the task"
        if self.reason != "Cancelled":
            return f"{which} failed with {self.reason or 'an unnamed reason'}: {self._said()}"
        cancelled = f"{which} was cancelled"
        # The gateway's message is often just that.
        return self.message if cancelled in self.message else f"{cancelled}: {self._said()}"

    def _worth_reporting(self) -> bool:
        return False


class ServerError(APIError):
    """The service, or something in front of it, is broken or overloaded."""


class APIConnectionError(TaskyardError):
    """There was no usable answer.

    Attributes:
        sent: Whether the server may have seen the request. Where it is False, repeating is safe.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class APITimeoutError(APIConnectionError, TimeoutError):
    """There was no answer within the client's `timeout`, or no ready server in time."""


class Unsupported(TaskyardError):
    """The server lacks Taskyard's own API, and without it there is no such thing."""


class WaitTimeout(TaskyardError, TimeoutError):
    """`wait()` gave up; the task goes on.

    Attributes:
        status: The last status that was seen; None if the server never told one.
    """

    def __init__(self, message: str, status: "TaskStatus | None" = None) -> None:
        super().__init__(message)
        self.status = status


def _is_told(item: Mapping[str, Any], message: str) -> bool:
    """Whether a message says already what an entry of `detail` says."""
    return all(str(item.get(part, "")) in message for part in ("msg", "remedy"))


def _field(item: Mapping[str, Any]) -> str:
    """One entry of `detail` in words: `images[0].size: must be positive (use 1 or more)`."""
    where = "".join(_steps(item.get("loc", ())))
    what = str(item.get("msg", "")).rstrip(".")
    text = f"{where}: {what}" if where else what
    return f"{text} ({item['remedy']})" if item.get("remedy") else text


def _steps(location: Sequence[str | int]) -> Iterator[str]:
    for position, step in enumerate(location):
        if isinstance(step, int):
            yield f"[{step}]"
        else:
            yield f".{step}" if position else step
