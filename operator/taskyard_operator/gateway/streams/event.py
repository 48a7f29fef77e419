"""The events that tell of a task, and how they go over the wire (Server-Sent Events)."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.admission import position_told
from taskyard_operator.gateway.streams.position import Position

HEARTBEAT = b":\n\n"
"""A comment, which clients pass over: it keeps the connection from looking dead."""


class EventName(StrEnum):
    """What an event tells of."""

    PHASE = "phase"
    """Where the task stands has changed."""
    PROGRESS = "progress"
    OUTPUT = "output"
    LOG = "log"
    END = "end"
    """The task has ended, and all of it has been told."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `data` is JSON in one line, and `position` how far it leads."""

    name: EventName
    data: bytes
    position: Position

    def to_wire(self) -> bytes:
        """The lines of it."""
        head = f"id: {self.position.event_id()}\nevent: {self.name}\ndata: "
        return b"".join((head.encode(), self.data, b"\n\n"))


def as_json(data: Mapping[str, Any]) -> bytes:
    """JSON in one line.

    Raises:
        ValueError: it holds what JSON in UTF-8 cannot say, such as a number that is none.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def retry_after(seconds: float) -> bytes:
    """Tells a client after how long it shall come again when the connection is lost."""
    return f"retry: {seconds * 1000:.0f}\n\n".encode()


def phase_event(run: TaskRun, position: Position) -> Event:
    """Where a run stands."""
    data = _phase(run)
    return Event(EventName.PHASE, as_json(data), replace(position, told=_mark(data)))


def began_event(run: TaskRun, position: Position) -> Event:
    """That the attempt of a position ran, told of one that is over."""
    data = dict.fromkeys(_phase(run)) | {
        "id": run.metadata.name,
        "phase": Phase.RUNNING,
        "attempt": position.attempt,
    }
    return Event(EventName.PHASE, as_json(data), position)


def _phase(run: TaskRun) -> dict[str, Any]:
    status = run.status
    queued = run.phase is Phase.QUEUED
    return {
        "id": run.metadata.name,
        "phase": run.phase,
        "reason": status.reason,
        "message": status.message,
        "attempt": status.attempt,
        "position": position_told(status.message or "") if queued else None,
    }


def _mark(data: Mapping[str, Any]) -> str:
    return f"{zlib.crc32(as_json(data)):08x}"
