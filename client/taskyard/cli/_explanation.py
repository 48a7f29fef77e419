"""`taskyard explain`: why a task waits or failed, what that means, and who can do what about it."""

from collections.abc import Iterator
from datetime import datetime

from taskyard.api.reasons import Actor, Phase, Reason, WaitingReason
from taskyard.cli._output import Document
from taskyard.cli._views import ago, attempt_in_words, called, lasting, note, sized


def explanation(task: Document, now: datetime) -> str:
    """All of it, in lines for people."""
    return "\n".join([_state(task, now), *_why(task), *_earlier(task, now), *_next_step(task)])


def _state(task: Document, now: datetime) -> str:
    who, phase = f"{called(task)} {task['id']}", Phase(task["phase"])
    since, last = ago(task["createdAt"], now), (task["attempts"] or [None])[-1]
    match phase:
        case Phase.QUEUED:
            place = f", at place {task['position']} in line" if task["position"] else ""
            if last and last["finishedAt"]:
                ended = ago(last["finishedAt"], now)
                return f"{who} waits again{place}: attempt {last['number']} ended {ended} ago."
            return f"{who} has waited for {since}{place}."
        case Phase.STARTING:
            return f"{who} is about to run: attempt {task['attempt']} starts, {since} after it was submitted."
        case Phase.RUNNING:
            progress = f"; it says: {note(task)}" if task["progress"] else ""
            began = (last and last["startedAt"]) or task["startedAt"]
            return f"{who} has run for {ago(began, now)}, in attempt {task['attempt']}{progress}."
    ended = ago(task["finishedAt"], now)
    took = task["timings"]["runSeconds"]
    ran = f" after it had run for {lasting(took)}" if took is not None else " before it ran"
    verb = {Phase.SUCCEEDED: "succeeded", Phase.FAILED: "failed", Phase.CANCELLED: "was cancelled"}
    return f"{who} {verb[phase]} {ended} ago{ran}."


def _why(task: Document) -> Iterator[str]:
    """The reason, what it means, and what to do; nothing where there is none."""
    if not task["reason"]:
        return
    message = f": {task['message']}" if task["message"] else ""
    yield f"Why: {task['reason']}{message}"
    if (word := _known(task["reason"])) is None:
        return
    yield f"That means: {word.description}"
    who = f" ({word.actor})" if word.actor is not Actor.NOBODY else ""
    yield f"What to do{who}: {word.remedy}"


def _known(reason: str) -> Reason | WaitingReason | None:
    """The word in the table of reasons; a newer gateway may give one that is not in ours."""
    for table in (Reason, WaitingReason):
        if reason in list(table):
            return table(reason)
    return None


def _earlier(task: Document, now: datetime) -> Iterator[str]:
    """How the attempts went, where more than one was made."""
    if len(task["attempts"]) > 1:
        for attempt in task["attempts"]:
            yield f"Attempt {attempt['number']}: {attempt_in_words(attempt, now)}"


def _next_step(task: Document) -> Iterator[str]:
    """The command that a person may want next."""
    task_id, phase = task["id"], Phase(task["phase"])
    if phase is Phase.SUCCEEDED and task["result"]:
        size = sized(task["result"]["size"])
        yield f"Fetch its result ({task['result']['contentType']}, {size}): taskyard result {task_id}"
    if phase is Phase.RUNNING:
        yield f"See what it prints: taskyard logs -f {task_id}"
    if phase in (Phase.FAILED, Phase.CANCELLED):
        if any(attempt["logStored"] for attempt in task["attempts"]):
            yield f"See what it printed: taskyard logs {task_id}"
        yield f"Run it again with the same input: taskyard retry {task_id}"
    if phase.terminal and not task["resourcesReleased"]:
        yield "Its container has not let go of its CPU, memory or GPU yet."
