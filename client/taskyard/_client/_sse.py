"""Reads Server-Sent Events (WHATWG HTML, 9.2) out of a body that comes in pieces."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event, before anybody has looked at what it says."""

    id: str
    name: str
    data: str


class EventReader:
    """Takes pieces in, and gives out the events that are whole.

    Attributes:
        retry: After how many seconds to come again when the connection is lost; None if not told.
    """

    def __init__(self) -> None:
        self.retry: float | None = None
        self._rest = b""
        self._id, self._name = "", ""
        self._data: list[str] = []

    def events(self, piece: bytes) -> Iterator[SentEvent]:
        """The events that end within this piece. What is left of it begins the next."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text:
                self._take(text)
            else:
                yield from self._finished()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        elif name == "id":
            self._id = value
        elif name == "retry" and value.isdecimal():
            self.retry = int(value) / 1000

    def _finished(self) -> Iterator[SentEvent]:
        if self._data:
            yield SentEvent(self._id, self._name or "message", "\n".join(self._data))
        self._name, self._data = "", []
