"""Following a task: one connection that tells all of it, and a new one wherever that breaks off."""

from collections.abc import Generator, Sequence
from typing import Any

from taskyard._client._asking import OUTAGE_PATIENCE, Manners, answer
from taskyard._client._commands import Open, Pause, Read, Tell, Telling
from taskyard._client._events import Event, Lines, read_event
from taskyard._client._outcomes import Failure, Outcome, is_passing
from taskyard._client._own_protocol import OwnRequests
from taskyard._client._protocol import check_events, success
from taskyard._client._sse import EventReader
from taskyard._errors import NotFound


def events(
    manners: Manners, requests: OwnRequests, task_id: str, after: str | None, only: Sequence[str]
) -> Telling[Event]:
    """What becomes of a task, from the event `after` on, to its end: each once and in order.

    Raises:
        NotFound: there is no such task, or it was deleted while it was followed.
        APIError: what answers is something else.
    """
    outage, tries = manners.deadline(OUTAGE_PATIENCE), 0
    while True:
        outcome: Outcome = yield Open(requests.events(task_id, after, only))
        reader = EventReader()
        if is_passing(outcome):
            if outage.passed:
                success(answer(outcome))
        else:
            reply = success(answer(outcome))
            if reply.status_code == 204:
                return  # all of it was told before
            check_events(reply)
            last, broken = yield from _told(reader)
            if last:
                after = last.id
                if last.kind == "end":
                    return
            if broken and not broken.passing:
                raise broken.error
            outcome = broken or outcome
            outage, tries = manners.deadline(OUTAGE_PATIENCE), 0
        tries += 1
        yield Pause(manners.backoff(tries, outcome) if reader.retry is None else reader.retry)


def _told(
    reader: EventReader,
) -> Generator[Read | Tell[Event], Any, tuple[Event | None, Failure | None]]:
    """All that one connection tells: the last event, and what broke it off, if not its server."""
    last = None
    while isinstance(piece := (yield Read()), bytes):
        for event in map(read_event, reader.events(piece)):
            _check_there(event)
            last = event
            yield Tell(event)
            if event.kind == "end":
                return last, None
    return last, piece


def _check_there(event: Event) -> None:
    error = event.data.get("error") if event.kind == "end" else None
    if isinstance(error, dict):
        reason, message = error.get("reason") or "", error.get("message") or ""
        raise NotFound(404, reason, message, task_id=event.data.get("id"))


def lines(
    manners: Manners, requests: OwnRequests, task_id: str, attempt: int | None
) -> Telling[str]:
    """The lines of a task's log as they come, of all attempts or of one, to its end."""
    told = Lines(attempt)
    following = events(manners, requests, task_id, None, ["log", "phase"])
    heard: Any = None
    while not told.done:
        try:
            command = following.send(heard)
        except StopIteration:
            return
        if not isinstance(command, Tell):
            heard = yield command
            continue
        heard = None
        for line in told.lines(command.item):
            yield Tell(line)
