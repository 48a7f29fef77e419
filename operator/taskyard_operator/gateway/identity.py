"""Gives every request an id: it is in the answer's header, and in the answer itself where that is an error."""

import secrets
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Identified:
    """An application whose requests have an id, `request.state.request_id`.

    Around the application and not a function of it: what passes is not touched, so that an answer that
    breaks off does so for the client too, and is not brought to a good end.

    Args:
        app: the application.
        refusal: the answer to a request that is not to come so far; None for all others.
    """

    def __init__(self, app: ASGIApp, refusal: Callable[[Request], Response | None]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        answer = self._refusal(Request(scope)) or self._app
        await answer(scope, receive, told)
