"""Carries a conversation out on an event loop; files are read and written in threads beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import httpx

from taskyard._client._body import Body
from taskyard._client._conversation import Conversation, Flow, Pause, Send
from taskyard._client._http import Connection, failure
from taskyard._client._outcomes import Outcome
from taskyard._client._receiving import Downloads, Receiver
from taskyard._client._schema import ServiceSchema

T = TypeVar("T")


class AsyncRunner:
    """Runs the flows of `conversation`. The tasks of one event loop may share it."""

    def __init__(
        self,
        conversation: Conversation,
        connection: Connection,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.conversation = conversation
        self.known: ServiceSchema | None = None
        self._connection = connection
        self._http = httpx.AsyncClient(transport=transport, **connection.options())
        self._downloads = Downloads()
        self._schema_lock = asyncio.Lock()

    async def schema(self) -> ServiceSchema:
        """The service's tasks, asked for once."""
        async with self._schema_lock:
            if self.known is None:
                self.known = await self.run(self.conversation.schema())
            return self.known

    async def run(self, flow: Flow[T]) -> T:
        """Do what `flow` says until it has its answer."""
        outcome: Outcome | None = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as end:
                answer: T = end.value
                return answer
            outcome = await self._obey(command)

    async def close(self) -> None:
        """Close connections and remove downloaded files."""
        await self._http.aclose()
        await asyncio.to_thread(self._downloads.close)

    async def _obey(self, command: Send | Pause) -> Outcome | None:
        if isinstance(command, Send):
            return await self._send(command)
        await asyncio.sleep(command.seconds)
        return None

    async def _send(self, command: Send) -> Outcome:
        request = command.request
        options = self._connection.request_options(request, command.within)
        content = _AsyncBody(request.body) if request.body else None
        try:
            async with self._http.stream(content=content, **options) as response:
                with self._downloads.receiver(request, response) as receiver:
                    async for chunk in response.aiter_bytes():
                        await _write(receiver, chunk)
                    return receiver.reply(response)
        except httpx.HTTPError as error:
            return failure(request, error)


async def _write(receiver: Receiver, chunk: bytes) -> None:
    if receiver.path:
        await asyncio.to_thread(receiver.write, chunk)
    else:
        receiver.write(chunk)


class _AsyncBody:
    """A body for an asynchronous client. A class, so that httpx can begin anew after a redirect."""

    def __init__(self, body: Body) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._body.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            chunks = iter(piece)
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                yield chunk
