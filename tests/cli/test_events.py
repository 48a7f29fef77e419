"""Events as they are told to people."""

from __future__ import annotations

from typing import Any

import pytest

from taskyard._client._events import Event
from taskyard.cli._events import event_line


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
        ("tomorrow", {"new": 1}, '{"new": 1}'),
    ],
)
def test_an_event_in_a_line(name: str, data: dict[str, Any], line: str) -> None:
    assert event_line(Event("1", name, data)) == line
