"""What of tasks and services is in which column."""

from collections.abc import Iterator
from datetime import datetime

from taskyard.cli._output import Document, Row, View

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_NOTHING = "-"


def ago(when: str | None, now: datetime) -> str:
    """How long ago that was, in its two largest units at most: `4s`, `3m10s`, `2d5h`."""
    if when is None:
        return _NOTHING
    return lasting((now - datetime.fromisoformat(when)).total_seconds())


def lasting(seconds: float) -> str:
    """A span of time in its two largest units at most."""
    left = max(0, int(seconds))
    for at, (size, unit) in enumerate(_UNITS):
        if left >= size or size == 1:
            whole, rest = divmod(left, size)
            finer = _UNITS[at + 1] if rest and at + 1 < len(_UNITS) else None
            more = f"{rest // finer[0]}{finer[1]}" if finer and rest >= finer[0] else ""
            return f"{whole}{unit}{more}"
    raise AssertionError("the last unit fits all")


def sized(count: int) -> str:
    """Bytes in a unit that leaves few digits: `512 B`, `1.5 MiB`."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def note(task: Document) -> str:
    """The one thing to say of a task beside its phase: its progress, its place in line, or its reason."""
    if task["phase"] == "Running" and (said := _progress(task)):
        return said
    if task["position"] is not None:
        return f"{task['reason']}, place {task['position']}"
    return task["reason"] or _NOTHING


def details(task: Document, now: datetime) -> Iterator[tuple[str, str]]:
    """All that there is to tell of one task, each with its name."""
    yield "id", task["id"]
    yield "task", called(task)
    yield "phase", task["phase"]
    told = {
        "reason": task["reason"],
        "message": task["message"],
        "progress": _progress(task),
        "priority": task["priority"],
        "labels": ", ".join(f"{key}={value}" for key, value in task["labels"].items()),
        "retry of": task["retryOf"],
        "result": _result(task),
    }
    yield from ((name, str(value)) for name, value in told.items() if value)
    for name in ("created", "started", "finished"):
        if when := task[f"{name}At"]:
            yield name, f"{when} ({ago(when, now)} ago)"
    for attempt in task["attempts"]:
        yield f"attempt {attempt['number']}", attempt_in_words(attempt, now)


def _progress(task: Document) -> str:
    """What a task last said of how far it is; empty where it has not."""
    said = task["progress"] or {}
    fraction = said.get("fraction")
    percent = f"{fraction:.0%}" if fraction is not None else ""
    return f"{percent} {said.get('message') or ''}".strip()


def _result(task: Document) -> str:
    if not (result := task["result"]):
        return ""
    name = f"{result['fileName']}, " if result["fileName"] else ""
    return f"{name}{result['contentType']}, {sized(result['size'])}"


def attempt_in_words(attempt: Document, now: datetime) -> str:
    """How one attempt went: `TaskError after 3s on node-1: no such file`."""
    end = attempt["finishedAt"]
    how = attempt["reason"] or (
        "succeeded" if end else "runs" if attempt["startedAt"] else "starts"
    )
    if attempt["startedAt"]:
        until = datetime.fromisoformat(end) if end else now
        how += f" {'after' if end else 'for'} {ago(attempt['startedAt'], until)}"
    if attempt["node"]:
        how += f" on {attempt['node']}"
    return f"{how}: {attempt['message']}" if attempt["message"] else how


def called(task: Document) -> str:
    """The task's service and name, as `submit` takes them."""
    return f"{task['service']}.{task['task']}"


def _task_row(task: Document, now: datetime) -> Row:
    return (
        task["id"],
        called(task),
        task["phase"],
        str(task["attempt"] or 0),
        ago(task["createdAt"], now),
        note(task),
    )


def _service_row(service: Document, now: datetime) -> Row:
    state = "Suspended" if service["suspended"] else "Ready" if service["ready"] else "NotReady"
    return service["name"], state, ", ".join(task["name"] for task in service["tasks"])


TASKS = View(
    lambda task: str(task["id"]), ("ID", "TASK", "PHASE", "ATTEMPT", "AGE", "NOTE"), _task_row
)
SERVICES = View(lambda service: str(service["name"]), ("NAME", "STATE", "TASKS"), _service_row)
