"""The logs of one task, of each of its attempts: stored, the last lines, or as they grow."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.errors import Fault, InvalidInput, Unknown
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.streams.body import LongBody, Places
from taskyard_operator.gateway.streams.feed import Feeds
from taskyard_operator.gateway.streams.live_run import LiveRun
from taskyard_operator.gateway.streams.log_text import LogText, Wanted
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import Missing

_NUMBER = re.compile(r"\d{1,9}")
ATTEMPT = "The number of an attempt; the newest one by default."
_FOLLOW = "`true` to go on as it grows, to the end of the attempt."
_SWITCH = {"": False, "false": False, "0": False, "true": True, "1": True}


def log_routes(
    finder: Finder, feeds: Feeds, waiting: Waiting, places: Places, *, max_tail: int
) -> APIRouter:
    """The route of logs; of a tail at most `max_tail` bytes are told."""
    router = APIRouter()

    @router.get(
        "/tasks/{task_id}/logs",
        response_class=Response,
        responses={200: {"description": "The log", "content": {"text/plain": {}}}},
    )
    async def logs(
        task_id: str,
        request: Request,
        attempt: Annotated[str | None, Query(description=ATTEMPT)] = None,
        tail: Annotated[str | None, Query(description="Only so many of the last lines.")] = None,
        follow: Annotated[str, Query(description=_FOLLOW)] = "",
    ) -> Response:
        """What an attempt of the task has printed."""
        number, lines = number_in("attempt", attempt), number_in("tail", tail)
        if follow.lower() not in _SWITCH:
            raise InvalidInput.of([Fault(("follow",), "give true or false")])
        run = await finder.run(task_id, request)
        live = LiveRun(run, waiting, lambda: finder.run(task_id, request))
        wanted = Wanted(chosen_attempt(run, number), lines, _SWITCH[follow.lower()], max_tail)
        pieces = LogText(live, feeds, wanted).pieces()
        try:
            await anext(pieces)  # before the headers: here it can still be said that there is none
        except Missing as error:
            raise Unknown(f"{error}; {_which(run)}", task_id=task_id) from None
        return LongBody(pieces, places, "text/plain")

    return router


def chosen_attempt(run: TaskRun, number: int | None) -> int | None:
    """The attempt that is asked for, or the newest; None where the first one is still to come.

    Raises:
        Unknown: there is no such attempt.
    """
    newest = run.status.attempt or 0
    if number is None and (newest or not run.status.terminal):
        return newest or None
    if number is None or not 1 <= number <= newest:
        told = f"there is no attempt {number}" if number is not None else "it never began"
        counted = f"the task has had {newest or 'none'} so far"
        raise Unknown(f"{told}: {counted}", task_id=run.metadata.name)
    return number


def number_in(name: str, text: str | None) -> int | None:
    """A number of a query.

    Raises:
        InvalidInput: it is none.
    """
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidInput.of([Fault((name,), "give a whole number of at most nine digits")])
    return int(text)


def _which(run: TaskRun) -> str:
    stored = [str(a.number) for a in run.status.attempts if a.log_stored]
    return f"there is one of attempt {', '.join(stored)}" if stored else "no attempt has left one"
