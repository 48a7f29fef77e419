"""Bodies that do not come: a request whose sender is silent, or drips, is ended and not waited for."""

import asyncio
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskyard_operator.gateway.errors import TooSlow


class SlowBodies:
    """An application whose requests get 408 where their body takes too long.

    Only waiting for the sender counts: a body that we are slow to take is not the sender's fault.

    Args:
        app: the application.
        silence: seconds that the next piece of a body is waited for.
        slowest: bytes a second, below which a body must not fall in the long run.
    """

    def __init__(self, app: ASGIApp, silence: float, slowest: int) -> None:
        self._app = app
        self._silence = silence
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._silence, self._slowest)

        async def answer(message: Message) -> None:
            if body.too_slow and message["type"] == "http.response.start":
                # What may still come of the body is not to be taken for the next request.
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, body.receive, answer)


class _Body:
    """The body of one request as it comes."""

    def __init__(self, receive: Receive, silence: float, slowest: int) -> None:
        self._receive = receive
        self._silence = silence
        self._slowest = slowest
        self._waited = 0.0
        self._size = 0
        self._comes = True
        self.too_slow = False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            TooSlow: it should have been the next piece, and has not come in time.
        """
        if not self._comes:  # What is waited for now is that the other side goes away.
            return await self._receive()
        if self.too_slow:
            raise TooSlow(self._told())
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._patience()):
                message = await self._receive()
        except TimeoutError:
            self.too_slow = True
            raise TooSlow(self._told()) from None
        self._waited += time.monotonic() - began
        self._size += len(message.get("body", b""))
        self._comes = bool(message.get("more_body"))
        return message

    def _patience(self) -> float:
        """How many seconds the next piece is waited for."""
        if not self._slowest:
            return self._silence
        left = self._silence + self._size / self._slowest - self._waited
        return max(0.0, min(self._silence, left))

    def _told(self) -> str:
        return (
            f"The body did not come in time: after {self._size} bytes there was nothing for too long "
            "(the gateway's settings bodySilenceSeconds and minBodyBytesPerSecond)."
        )
