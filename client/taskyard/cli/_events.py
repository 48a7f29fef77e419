"""The events of a task as lines for people."""

import json

from taskyard._client._events import Event


def event_line(event: Event) -> str:
    """An event in one line; a log has as many as it has itself."""
    data = event.data
    match event.kind:
        case "phase":
            reason = f" ({data['reason']})" if data["reason"] else ""
            message = f": {data['message']}" if data["message"] else ""
            return f"{data['phase']}, attempt {event.attempt}{reason}{message}"
        case "progress":
            fraction = data["fraction"]
            percent = f"{fraction:.0%} " if fraction is not None else ""
            return f"{percent}{data['message'] or ''}".rstrip()
        case "log":
            return event.text.rstrip("\n")
        case "output":
            told = json.dumps(data["value"], ensure_ascii=False) if "value" in data else ""
            return f"output {data['index']}: {told or data['contentType']}"
        case "end":
            return f"ended: {data['phase']}"
    return json.dumps(data, ensure_ascii=False)
