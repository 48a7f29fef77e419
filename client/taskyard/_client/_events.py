"""What a task tells while it is followed."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskyard._client._sse import SentEvent
from taskyard._client._status import Progress, TaskStatus, read_progress, read_status


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a task told.

    Attributes:
        id: The place in the task's story: `events(after=id)` goes on behind it, also much later.
        kind: `phase`, `progress`, `output`, `log` or `end`; what else a newer server tells.
        data: What it says, as it came.
    """

    id: str
    kind: str
    data: Mapping[str, Any]

    @property
    def attempt(self) -> int:
        """Which attempt it is of, from 1; 0 before the first."""
        return int(self.data.get("attempt") or 0)

    @property
    def status(self) -> TaskStatus | None:
        """Where the task stands, of a `phase` or an `end`."""
        return read_status(self.data) if self.kind in ("phase", "end") else None

    @property
    def progress(self) -> Progress | None:
        """How far the task says to be, of a `progress`."""
        return read_progress(self.data) if self.kind == "progress" else None

    @property
    def text(self) -> str:
        """What the task has printed, of a `log`; it may end within a line. Empty otherwise."""
        return str(self.data.get("text") or "") if self.kind == "log" else ""

    @property
    def value(self) -> Any:
        """What the task gave away, of an `output`: bytes where it is no JSON."""
        if "base64" in self.data:
            return base64.b64decode(self.data["base64"])
        return self.data.get("value")


def read_event(sent: SentEvent) -> Event:
    """The event in what was sent.

    Raises:
        ValueError: what it says is no JSON object.
    """
    data = json.loads(sent.data)
    if not isinstance(data, dict):
        raise ValueError(f"an event of a task is an object, not {sent.data[:100]!r}")
    return Event(sent.id, sent.name, data)


class Lines:
    """Makes lines of the pieces of a log; a line does not go on in another attempt.

    Attributes:
        done: Whether the one attempt that is wanted is over. Without one all are.
    """

    def __init__(self, wanted: int | None) -> None:
        self.done = False
        self._wanted = wanted
        self._attempt = 0
        self._rest = ""

    def lines(self, event: Event) -> list[str]:
        """The lines, without their ends, that are whole with this event."""
        if self._wanted is not None and event.attempt < self._wanted:
            return []
        self.done = self._wanted is not None and event.attempt > self._wanted
        left = []
        if event.attempt != self._attempt or event.kind == "end":
            left, self._rest = [self._rest] if self._rest else [], ""
        self._attempt = event.attempt
        *whole, self._rest = (self._rest + ("" if self.done else event.text)).split("\n")
        return left + whole
