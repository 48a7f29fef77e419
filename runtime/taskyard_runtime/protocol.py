"""What supervisor and worker say to each other: a request in a file, events through a pipe.

The worker is told of a request by a message on its socket: the path of the file, and with it two
descriptors, for what is printed and for the events of this attempt.

Events are lines of JSON: `{"event": "loaded"}`, `{"event": "progress", "fraction", "message"}`,
`{"event": "outputs", "size"}` with the bytes that the file of outputs has now, and, once,
`{"event": "outcome", ...}` with the fields of `Outcome`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from taskyard.api.answer_headers import Headers, fitting_headers
from taskyard.api.names import bounded
from taskyard.api.report import CONTENT_TYPE

MAX_MESSAGE_BYTES = 4096
"""Of the path of a request's file: the longest that there are."""
MAX_NAME_BYTES = 255
"""Longest error type, content type and file name that are passed on, in UTF-8 bytes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the worker is to do.

    `directory` is private to the attempt; the input's body is in it. `home` is there as long as the
    worker. `max_outputs_bytes` bounds all that the task may give away before its end. A worker that
    `stays` takes another request after this one, if it can.
    """

    run: str
    attempt: int
    entrypoint: str
    task: str
    content_type: str
    directory: str
    home: str
    max_outputs_bytes: int
    stays: bool = False

    @property
    def body(self) -> Path:
        """The input as it came."""
        return Path(self.directory, "input")

    @property
    def result(self) -> Path:
        """Where the worker leaves the result."""
        return Path(self.directory, "result")

    @property
    def outputs(self) -> Path:
        """Where the worker leaves what the task gives away before its end."""
        return Path(self.directory, "outputs")

    @property
    def files(self) -> Path:
        """Takes the files of a multipart input."""
        return Path(self.directory, "files")

    def write(self) -> Path:
        """Write the request into its directory, and return the path."""
        path = Path(self.directory, "request.json")
        path.write_text(json.dumps(asdict(self)))
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the worker ended: `outcome` and `reason` are a report's; the rest describes the result."""

    outcome: str
    reason: str = ""
    message: str = ""
    error_type: str = ""
    content_type: str = ""
    file_name: str | None = None
    status_code: int = 200
    headers: Headers = ()

    def event(self) -> dict[str, Any]:
        """As an event; what an exception says of itself may be as large as the memory."""
        return {"event": "outcome", **asdict(self), "message": bounded(self.message)}

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read an event; texts are bounded, since user code shares the worker's process."""
        name = event.get("file_name")
        return cls(
            outcome=str(event.get("outcome", "")),
            reason=str(event.get("reason", "")),
            message=bounded(str(event.get("message", ""))),
            error_type=bounded(str(event.get("error_type", "")), MAX_NAME_BYTES),
            content_type=_content_type(str(event.get("content_type", ""))),
            file_name=None if name is None else bounded(str(name), MAX_NAME_BYTES),
            status_code=_status_code(event.get("status_code")),
            headers=fitting_headers(event.get("headers")),
        )


def _content_type(said: str) -> str:
    """What a task says that its result is, where that can be sent and reported."""
    fits = len(said) <= MAX_NAME_BYTES and CONTENT_TYPE.fullmatch(said)
    return said if fits else "application/octet-stream"


def _status_code(said: Any) -> int:
    return said if isinstance(said, int) and 200 <= said <= 599 else 200
