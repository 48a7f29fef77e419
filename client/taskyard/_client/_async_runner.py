"""Carries conversations out on an event loop; files are read and written in threads beside it."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

from taskyard._client._body import Body
from taskyard._client._commands import (
    AT_ONCE,
    Flow,
    Open,
    Pause,
    Read,
    Send,
    Tell,
    Telling,
    Together,
    Work,
)
from taskyard._client._conversation import Conversation
from taskyard._client._http import client_options, failure, request_options
from taskyard._client._outcomes import Failure, Outcome, Reply, Request
from taskyard._client._per_process import PerProcess
from taskyard._client._protocol import Requests
from taskyard._client._receiving import Downloads, Receiver
from taskyard._client._schema import ServiceSchema
from taskyard._client._settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class _Own:
    """What each process has for itself."""

    http: httpx.AsyncClient
    downloads: Downloads
    schema_lock: asyncio.Lock
    work_lock: asyncio.Lock


class AsyncRunner:
    """Runs conversations. The tasks of one event loop may share it; it may be pickled."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None) -> None:
        self.settings = settings
        self.conversation = Conversation(
            Requests(settings.url), settings.ready_timeout, time.monotonic, random.random
        )
        self.known: ServiceSchema | None = None
        self._transport = transport
        options = client_options(settings)
        self._own = PerProcess(
            lambda: _Own(
                httpx.AsyncClient(transport=transport, **options),
                Downloads(),
                asyncio.Lock(),
                asyncio.Lock(),
            )
        )

    async def schema(self) -> ServiceSchema:
        """The service's tasks, asked for once."""
        async with self._own().schema_lock:
            if self.known is None:
                self.known = await self.run(self.conversation.schema())
            return self.known

    async def run(self, flow: Flow[T]) -> T:
        """Do what `flow` says until it has its answer."""
        answer: Any = None
        while True:
            try:
                command = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = await self._obey(command)

    async def tell(self, telling: Telling[T]) -> AsyncGenerator[T, None]:
        """Do what `telling` says, and hand on what it tells."""
        line = _Line(self)
        async with AsyncExitStack() as stack:
            stack.enter_context(closing(telling))
            stack.push_async_callback(line.close)
            answer: Any = None
            while True:
                try:
                    command = telling.send(answer)
                except StopIteration:
                    return
                match command:
                    case Tell(item):
                        yield item
                        answer = None
                    case Open(request):
                        answer = await line.open(request)
                    case Read():
                        answer = await line.read()
                    case _:
                        answer = await self._obey(command)

    async def close(self) -> None:
        """Close connections and remove downloaded files."""
        own = self._own.made
        if own:
            await own.http.aclose()
            await asyncio.to_thread(own.downloads.close)

    async def stream(self, request: Request) -> httpx.Response:
        """Send a request, and leave the body of the answer to be read."""
        http, options = self._own().http, request_options(self.settings, request, None)
        content = _AsyncBody(request.body) if request.body else None
        return await http.send(http.build_request(content=content, **options), stream=True)

    async def _obey(self, command: Send | Pause | Work | Together) -> Any:
        match command:
            case Send():
                return await self._send(command)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Work(do):
                async with self._own().work_lock:
                    return await asyncio.to_thread(do)
            case Together(flows):
                free = asyncio.Semaphore(AT_ONCE)
                return await asyncio.gather(*[self._settle(flow, free) for flow in flows])

    async def _settle(self, flow: Flow[Any], free: asyncio.Semaphore) -> Any:
        async with free:
            try:
                return await self.run(flow)
            except Exception as error:
                return error

    async def _send(self, command: Send) -> Outcome:
        request, own = command.request, self._own()
        options = request_options(self.settings, request, command.within)
        content = _AsyncBody(request.body) if request.body else None
        try:
            async with own.http.stream(content=content, **options) as response:
                with own.downloads.receiver(request, response) as receiver:
                    async for chunk in response.aiter_bytes():
                        await _write(receiver, chunk)
                    return receiver.reply(response)
        except httpx.HTTPError as error:
            return failure(request, error)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        self.settings.check_picklable()
        return type(self), (self.settings, self._transport)


class _Line:
    """The one answer that is being read, from `Open` to the next one or to the end."""

    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner
        self._request: Request | None = None
        self._response: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None

    async def open(self, request: Request) -> Outcome:
        """Send a request; the body of a success is left to `read`."""
        await self.close()
        self._request = request
        try:
            self._response = await self._runner.stream(request)
            self._chunks = self._response.aiter_bytes()
            success = self._response.is_success
            body = b"" if success else b"".join([chunk async for chunk in self._chunks])
        except httpx.HTTPError as error:
            return failure(request, error)
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Reply(self._response.status_code, headers, body)

    async def read(self) -> bytes | Failure | None:
        """The next piece, None at the end."""
        if self._request is None or self._chunks is None:
            return None
        try:
            return await anext(self._chunks, None)
        except httpx.HTTPError as error:
            return failure(self._request, error)

    async def close(self) -> None:
        """Read no more of it."""
        if self._response:
            await self._response.aclose()


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
