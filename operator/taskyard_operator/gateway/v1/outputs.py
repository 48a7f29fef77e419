"""What one attempt of a task gave away before its end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.streams.feed import Feeds, Stream
from taskyard_operator.gateway.streams.telling import outputs_of
from taskyard_operator.gateway.v1.logs import chosen_attempt
from taskyard_operator.gateway.v1.models import Outputs
from taskyard_operator.gateway.v1.parameters import OutputsQuery
from taskyard_operator.gateway.v1.responses import document

_OUTPUTS = frozenset({Stream.OUTPUTS})


def output_routes(finder: Finder, feeds: Feeds) -> APIRouter:
    """The route of outputs."""
    router = APIRouter()

    @router.get(
        "/tasks/{task_id}/outputs",
        response_class=Response,
        responses=document(Outputs, "The outputs."),
    )
    async def outputs(
        task_id: str,
        request: Request,
        query: Annotated[OutputsQuery, Query()],
    ) -> Response:
        """What an attempt of the task gave away before its end, as far as it has come."""
        run = await finder.run(task_id, request)
        items = _items(feeds, task_id, chosen_attempt(run, query.attempt))
        await anext(items)  # before the headers: a store that is away must give 503
        return StreamingResponse(items, media_type="application/json")

    return router


async def _items(feeds: Feeds, run: str, attempt: int | None) -> AsyncGenerator[bytes, None]:
    """First an empty piece, once the store has answered; then a document with all there is now."""
    between = b'{"items":['
    if attempt is not None:
        with feeds.followed(run, attempt, _OUTPUTS, lambda: None) as feed:
            found = (await feed.look()).get(Stream.OUTPUTS)
            yield b""
            if found is not None:
                async with aclosing(outputs_of(feed, found, 0)) as outputs:
                    async for output in outputs:
                        yield between + output.document
                        between = b","
    else:
        yield b""
    yield b"]}" if between == b"," else between + b"]}"
