"""One task, as whoever has its id sees it over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from taskyard.api.reasons import TERMINAL
from tests.gateway.v1.story import Heard, events_in

Document = dict[str, Any]
PATIENCE = 240
"""Seconds for whatever a task is waited for, on a loaded machine of two cores."""
_POLL_SECONDS = 30


@dataclass(frozen=True)
class Task:
    """A task by its id."""

    http: httpx.Client
    id: str

    def ask(self, method: str, what: str = "", **request: Any) -> httpx.Response:
        """Any request for the task, such as `ask("GET", "/logs")`."""
        return self.http.request(method, f"/v1/tasks/{self.id}{what}", **request)

    def document(self, wait: int = 0) -> Document:
        """All that is told of it; once it has ended, or after `wait` seconds at the latest."""
        answer = self.ask("GET", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        found: Document = answer.json()
        return found

    def ended(self) -> Document:
        """Its document, once it has ended."""
        deadline = time.monotonic() + PATIENCE
        while (document := self.document(_POLL_SECONDS))["phase"] not in TERMINAL:
            assert time.monotonic() < deadline, f"not ended in {PATIENCE} s: {document}"
        return document

    def events(self, *only: str, after: str | None = None) -> Iterator[Heard]:
        """What becomes of it, as it does; to its end."""
        path, params = f"/v1/tasks/{self.id}/events", {"only": ",".join(only)}
        headers = {"Last-Event-ID": after} if after else {}
        with self.http.stream("GET", path, params=params, headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            yield from events_in(self._in_time(answer.iter_lines()))

    def _in_time(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines of a stream, which are never far apart: while there is nothing to tell it says so."""
        deadline = time.monotonic() + PATIENCE
        for line in lines:
            yield line
            assert time.monotonic() < deadline, f"{self.id} has not ended in {PATIENCE} s"

    def until(self, **fields: Any) -> Document:
        """The first that is told of its phase with these fields."""
        for event in self.events("phase"):
            if fields.items() <= event.data.items():
                told: Document = event.data
                return told
        raise AssertionError(f"{self.id} has ended, and was never seen with {fields}")

    def begun(self) -> None:
        """Wait until user code runs: it has said how far it is."""
        first = next(self.events("progress"))
        assert first.name == "progress", f"it has ended before it began: {first.data}"

    def cancel(self) -> None:
        answer = self.ask("POST", "/cancel")
        assert answer.status_code == 200, answer.text

    def retry(self) -> Task:
        answer = self.ask("POST", "/retry")
        assert answer.status_code == 202, answer.text
        return Task(self.http, answer.json()["id"])

    def log(self, **parameters: Any) -> str:
        answer = self.ask("GET", "/logs", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.text

    def result(self) -> httpx.Response:
        return self.ask("GET", "/result")


def end_of(document: Document) -> tuple[str, str | None]:
    """Phase and reason: `("Failed", "TaskError")`."""
    return document["phase"], document["reason"]


def reasons_of(document: Document) -> list[str | None]:
    """How its attempts ended; None for success."""
    return [attempt["reason"] for attempt in document["attempts"]]


def time_of(told: Document, field: str) -> datetime:
    """A time in a document, or in its part about an attempt."""
    return datetime.fromisoformat(told[field])
