"""The events of one task, as they come (Server-Sent Events)."""

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from taskyard_operator.core.document import task_document
from taskyard_operator.gateway.errors import Fault, InvalidInput
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.streams.body import LongBody, Places
from taskyard_operator.gateway.streams.event import HEARTBEAT, retry_after
from taskyard_operator.gateway.streams.feed import Feeds
from taskyard_operator.gateway.streams.follower import Follower
from taskyard_operator.gateway.streams.live_run import LiveRun
from taskyard_operator.gateway.streams.position import Position
from taskyard_operator.gateway.v1.parameters import EventsQuery
from taskyard_operator.gateway.waiting import Waiting

_RETRY_SECONDS = (0.5, 3.0)
"""After how long clients come again that have lost their gateway: not all at the same moment."""
_LAST = "The id of the event that was heard last: what follows on it is told."


def event_routes(
    finder: Finder, feeds: Feeds, waiting: Waiting, places: Places, *, heartbeat: float
) -> APIRouter:
    """The route of events; `heartbeat` is in seconds."""
    router = APIRouter()

    @router.get(
        "/tasks/{task_id}/events",
        response_class=Response,
        responses={
            200: {"description": "Server-Sent Events", "content": {"text/event-stream": {}}},
            204: {"description": "All of it was told; there is no more to come for."},
        },
    )
    async def events(
        task_id: str,
        request: Request,
        query: Annotated[EventsQuery, Query()],
        last_event_id: Annotated[str | None, Header(description=_LAST)] = None,
    ) -> Response:
        """What becomes of the task, as it does, to its end."""
        position = _position(last_event_id)
        run = await finder.run(task_id, request)
        if position.ended:
            return Response(status_code=204)  # which tells an EventSource not to come again
        live = LiveRun(run, waiting, lambda: finder.run(task_id, request))
        follower = Follower(live, position, query.kinds, feeds, task_document, heartbeat)
        return LongBody(_wire(follower), places, "text/event-stream")

    return router


async def _wire(follower: Follower) -> AsyncGenerator[bytes, None]:
    yield retry_after(random.uniform(*_RETRY_SECONDS))  # noqa: S311 - spreads load
    async with aclosing(follower.events()) as events:
        async for event in events:
            yield event.to_wire() if event else HEARTBEAT


def _position(last_event_id: str | None) -> Position:
    if not last_event_id:
        return Position()
    try:
        return Position.from_event_id(last_event_id)
    except ValueError as error:
        raise InvalidInput.of([Fault(("Last-Event-ID",), str(error))]) from None
