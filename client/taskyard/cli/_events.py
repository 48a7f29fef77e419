"""The events of a task: read off the stream, followed over lost connections, and put into lines."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskyard._errors import APIConnectionError

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

_PAUSE = 1.0
"""Seconds before a lost stream is asked for again."""
_TRIES = 30
"""How often in a row that may bring nothing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; with its id the stream goes on after it."""

    id: str
    name: str
    data: dict[str, Any]


def events_in(lines: Iterable[str]) -> Iterator[Event]:
    """The events in the lines of a stream of Server-Sent Events; one that is not whole is left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
            fields = {}


def followed(gateway: "Gateway", task_id: str, only: str | None) -> Iterator[Event]:
    """The events of a task from its beginning to its end, over lost connections.

    Raises:
        TaskyardError: there is no such task, or the gateway stays away.
    """
    last_id, tries = "", 0
    while True:
        try:
            with gateway.events(task_id, {"only": only}, last_id) as response:
                for event in events_in(response.iter_lines()):
                    last_id, tries = event.id or last_id, 0
                    yield event
                    if event.name == "end":
                        return
        except APIConnectionError:
            if not last_id:
                raise
        tries += 1
        if tries > _TRIES:
            raise APIConnectionError(f"the events of task {task_id} break off again and again")
        time.sleep(_PAUSE)


def event_line(event: Event) -> str:
    """An event for people, in one line but for a log."""
    data = event.data
    match event.name:
        case "phase":
            reason = f" ({data['reason']})" if data["reason"] else ""
            message = f": {data['message']}" if data["message"] else ""
            return f"{data['phase']}, attempt {data['attempt'] or 0}{reason}{message}"
        case "progress":
            fraction = data["fraction"]
            percent = f"{fraction:.0%} " if fraction is not None else ""
            return f"{percent}{data['message'] or ''}".rstrip()
        case "log":
            return str(data["text"]).rstrip("\n")
        case "output":
            told = json.dumps(data["value"], ensure_ascii=False) if "value" in data else ""
            return f"output {data['index']}: {told or data['contentType']}"
        case "end":
            if error := data.get("error"):
                return f"ended: {error['message']}"
            return f"ended: {data['phase']}"
    return f"{event.name}: {json.dumps(data, ensure_ascii=False)}"
