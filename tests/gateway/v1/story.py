"""What a controller and a runner do for one task, and what its follower hears of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.record import Record
from tests.gateway.place import Place

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Story:
    """One task, from attempt to attempt; its streams grow as a runner lets them grow."""

    place: Place
    task_id: str
    attempts: list[dict[str, Any]] = field(default_factory=list)
    streams: dict[str, bytes] = field(default_factory=dict)

    def run(self) -> None:
        """The next attempt runs."""
        number = len(self.attempts) + 1
        job = f"{self.task_id}-{number}"
        self.attempts.append({"number": number, "job": job, "startedAt": "2026-11-25T12:00:00Z"})
        self.streams = {}
        self._say(phase="Running", reason=None, message=None)

    def lose(self, reason: str = "Disrupted") -> None:
        """The attempt is over, and another one will follow."""
        self._close(reason=reason)
        self._say(phase="Queued", reason="BackingOff", message="Attempt 1 failed.")

    def succeed(self) -> None:
        """The attempt is over, and so is the task."""
        self._close(logStored="log" in self.streams)
        self._say(phase="Succeeded", finishedAt="2026-11-25T12:09:00Z", reason=None, message=None)

    def log(self, text: str | bytes) -> None:
        """The task has written something."""
        self._grow("log", text.encode() if isinstance(text, str) else text)

    def progress(self, second: int, fraction: float) -> None:
        """The task has said how far it is."""
        said = {"at": _at(second), "fraction": fraction, "message": f"at {fraction}"}
        self._grow("progress", json.dumps(said).encode() + b"\n")

    def emit(self, index: int, value: Any) -> None:
        """The task has given away a value."""
        line = {"index": index, "at": _at(index), "contentType": "application/json", "value": value}
        self._grow("outputs", json.dumps(line).encode() + b"\n")

    def be_deleted(self, *, recorded: bool) -> None:
        """The TaskRun goes; what is left is its record, or not even that."""
        place = self.place
        if recorded:
            run = TaskRun.model_validate(place.run(self.task_id))
            record = Record(run, datetime.now(UTC) + timedelta(days=1))
            place.store(f"{place.namespace}/{self.task_id}/record", record.to_json())
        place.kubectl("delete", "taskruns.taskyard.dev", self.task_id, "-n", place.namespace)

    def _grow(self, stream: str, more: bytes) -> None:
        self.streams[stream] = self.streams.get(stream, b"") + more
        key = f"{self.place.namespace}/{self.task_id}/{len(self.attempts)}/{stream}"
        self.place.store(key, self.streams[stream])

    def _close(self, **fields: Any) -> None:
        self.attempts[-1] |= {"finishedAt": "2026-11-25T12:09:00Z", **fields}

    def _say(self, **fields: Any) -> None:
        status = {"attempt": len(self.attempts), "attempts": self.attempts, **fields}
        self.place.write_status(self.task_id, **status)


@dataclass(frozen=True)
class Heard:
    """One event."""

    id: str
    name: str
    data: Any

    @property
    def short(self) -> tuple[str, Any]:
        """What it tells, in one word of its own."""
        word = {"phase": "phase", "progress": "fraction", "output": "value", "log": "text"}
        return self.name, self.data.get(word.get(self.name, "phase"))


@contextmanager
def following(
    http: httpx.Client, task_id: str, last: str | None = None, **query: str
) -> Iterator[Iterator[Heard]]:
    """The events of a task, as they come."""
    headers = {"last-event-id": last} if last else {}
    url = f"/v1/tasks/{task_id}/events"
    with http.stream("GET", url, headers=headers, params=query) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield events_in(answer.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[Heard]:
    """The events in the lines of a stream."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield Heard(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


def _at(second: int) -> str:
    return (NOON + timedelta(seconds=second)).isoformat(timespec="microseconds")
