"""Events as they come over the wire, and as they are told to people."""

from __future__ import annotations

from typing import Any

import pytest

from taskyard.cli._events import Event, event_line, events_in

STREAM = """\
retry: 700

id: 1
event: phase
data: {"phase":"Running"}

:

id: 2
event: log
data: {"text":"a: b"}

id: 3
event: end
"""


def test_events_are_read_off_a_stream() -> None:
    assert list(events_in(STREAM.splitlines())) == [
        Event("1", "phase", {"phase": "Running"}),
        Event("2", "log", {"text": "a: b"}),
    ]


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        (
            "phase",
            {"phase": "Queued", "attempt": None, "reason": "Suspended", "message": "it is held"},
            "Queued, attempt 0 (Suspended): it is held",
        ),
        ("progress", {"fraction": 0.5, "message": "half"}, "50% half"),
        ("progress", {"fraction": None, "message": "loading"}, "loading"),
        ("log", {"text": "line\n"}, "line"),
        ("output", {"index": 0, "contentType": "application/json", "value": [1]}, "output 0: [1]"),
        ("output", {"index": 1, "contentType": "image/png", "base64": ""}, "output 1: image/png"),
        ("end", {"phase": "Succeeded"}, "ended: Succeeded"),
        ("end", {"id": "t1", "error": {"message": "it was deleted"}}, "ended: it was deleted"),
        ("tomorrow", {"new": 1}, 'tomorrow: {"new": 1}'),
    ],
)
def test_an_event_in_a_line(name: str, data: dict[str, Any], line: str) -> None:
    assert event_line(Event("1", name, data)) == line
