"""The logs of one task, of each of its attempts: stored, the last lines, or as they grow."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.errors import Unknown
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.streams.body import LongBody, Places
from taskyard_operator.gateway.streams.feed import Feeds
from taskyard_operator.gateway.streams.live_run import LiveRun
from taskyard_operator.gateway.streams.log_text import LogText, Wanted
from taskyard_operator.gateway.v1.parameters import LogQuery
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import Missing


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
        query: Annotated[LogQuery, Query()],
    ) -> Response:
        """What an attempt of the task has printed."""
        run = await finder.run(task_id, request)
        live = LiveRun(run, waiting, lambda: finder.run(task_id, request))
        wanted = Wanted(chosen_attempt(run, query.attempt), query.tail, query.follow, max_tail)
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


def _which(run: TaskRun) -> str:
    stored = [str(a.number) for a in run.status.attempts if a.log_stored]
    return f"there is one of attempt {', '.join(stored)}" if stored else "no attempt has left one"
