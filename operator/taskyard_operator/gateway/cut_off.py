"""An answer for requests that are still under way when this process has no more time for them."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskyard_operator.gateway.error_answers import RETRY_AFTER_SECONDS, error_body
from taskyard_operator.gateway.errors import OutcomeUnknown

_SAFE = ("GET", "HEAD")


class CutOff:
    """An application whose cancelled requests are answered; uvicorn would say 500, as for a fault of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun or scope["type"] != "http":
                raise
            await _answer(Request(scope))(scope, receive, send)


def _answer(request: Request) -> JSONResponse:
    again = {"Retry-After": str(RETRY_AFTER_SECONDS), "connection": "close"}
    if request.method in _SAFE:
        told = "this gateway ends, and had no time left to answer: ask again"
        return JSONResponse(error_body("Unavailable", told, request), 503, again)
    told = "this gateway ends before it is known what came of the request: look before repeating it"
    body = error_body(OutcomeUnknown.reason, told, request)
    return JSONResponse(body, OutcomeUnknown.status_code, again)
