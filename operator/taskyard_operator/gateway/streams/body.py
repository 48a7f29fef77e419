"""Answers whose body goes on for as long as there is something to tell."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from taskyard_operator.ports import Unavailable


class BrokenOff(Exception):
    """Raised by a body that ends before it is whole: the client is to see that."""


class Places:
    """How many such answers there may be at once in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one.

        Raises:
            Unavailable: all are taken.
        """
        if self.taken >= self._limit:
            raise Unavailable(
                f"as many streams are open here as gateway.maxStreams allows ({self._limit}): "
                "try again later"
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class LongBody(Response):
    """An answer which holds a place until its body, its client or this process ends."""

    def __init__(
        self, body: AsyncGenerator[bytes, None], places: Places, media_type: str, **headers: str
    ) -> None:
        self._body = body
        self._places = places
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        # A proxy that buffers or keeps what passes would hold up what is told now.
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no", **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, for as long as somebody takes it."""
        async with aclosing(self._body):
            with self._places.one():
                sending = asyncio.create_task(self._send(scope, send), name="stream")
                leaving = asyncio.create_task(_left(receive), name="client")
                try:
                    await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _end(sending, leaving)

    async def _send(self, scope: Scope, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        try:
            if scope["method"] != "HEAD":
                async for chunk in self._body:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except BrokenOff:
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(sending: asyncio.Task[None], leaving: asyncio.Task[None]) -> None:
    """End both, and raise what ended the sending, if it ended by itself."""
    sending.cancel()
    leaving.cancel()
    await asyncio.wait([sending, leaving])
    if not sending.cancelled():
        await sending
