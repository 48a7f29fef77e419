"""A door between a controller and its API server, at which an order may stop single requests.

Behind it is the real API server, and all that no order is about passes through. On this side it speaks
plain HTTP, so that there is no second certificate to trust.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T")

_OF_ONE_CONNECTION = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_WITHOUT_END = aiohttp.ClientTimeout(total=None)


@dataclass(frozen=True)
class Asked:
    """A request that came to the door."""

    at: float
    """When, by `time.monotonic`."""
    method: str
    path: str
    query: str
    body: str

    @property
    def watch(self) -> bool:
        return "watch=true" in self.query

    def names(self, word: str) -> bool:
        """Whether it has a word anywhere."""
        return any(word in text for text in (self.path, self.query, self.body))


@dataclass(frozen=True)
class Passage:
    """A request at the door, for whoever decides what becomes of it."""

    request: web.Request
    body: bytes
    ask: Callable[[], Awaitable[None]]
    """Has the API server do what was asked, and returns when it has."""


About = Callable[[Asked], bool]
Mishap = Callable[[Passage], Awaitable[web.StreamResponse]]
"""What happens to a request in place of its answer."""


@dataclass
class Order:
    """Something is to happen to every request that it is about, or to those whose turn it is."""

    about: About
    mishap: Mishap
    turn: Callable[[int], bool] = lambda _: True
    """Whether it happens to the request of this number, the first of those it is about being 0."""
    seen: int = 0
    hits: list[Asked] = field(default_factory=list)
    """The requests that it has happened to."""

    def hit(self, asked: Asked) -> bool:
        """Whether it happens to a request; asked once for each."""
        if not self.about(asked):
            return False
        self.seen += 1
        if self.turn(self.seen - 1):
            self.hits.append(asked)
            return True
        return False


class ApiDoor:
    """Passes requests on to the server of a kubeconfig, unless there is an order about them."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        self._content = json.loads(kubeconfig.read_text())
        cluster = self._content["clusters"][0]["cluster"]
        self._server: str = cluster["server"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._trust = ssl.create_default_context(cadata=authority)
        self._orders: list[Order] = []
        self._asked: list[Asked] = []
        self._silent = False
        self._watches: dict[web.StreamResponse, web.Request] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api door", daemon=True)
        self.kubeconfig = folder / "api-door.kubeconfig"

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._in_loop(self._open())
        self._content["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{port}"}
        self.kubeconfig.write_text(json.dumps(self._content))
        return self

    def __exit__(self, *_: object) -> None:
        self._in_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def order(self, order: Order) -> Order:
        """Have something happen to requests, from now on."""
        self._orders.append(order)
        return order

    def revoke(self) -> None:
        """Let everything pass again, and let watches speak."""
        self._orders.clear()
        self._silent = False

    def asked(self, about: About) -> list[Asked]:
        """The requests that have come, oldest first."""
        return [asked for asked in list(self._asked) if about(asked)]

    def fall_silent(self) -> None:
        """From now on every watch stays open, and what the API server says in it is lost."""
        self._silent = True

    def say_in_watches(self, event: dict[str, Any]) -> None:
        """Say something in every open watch, in the API server's name."""
        self._in_loop(self._say(json.dumps(event).encode() + b"\n"))

    def cut_watches(self) -> None:
        """Break the connection of every open watch."""
        self._in_loop(self._cut_watches())

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _open(self) -> int:
        self._connector = aiohttp.TCPConnector()
        self._client = aiohttp.ClientSession(connector=self._connector, auto_decompress=False)
        application = web.Application(client_max_size=1 << 24)
        application.router.add_route("*", "/{path:.*}", self._enter)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def _close(self) -> None:
        await self._runner.cleanup()
        await self._connector.close(abort_ssl=True)
        await self._client.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        # aiohttp's own advice: TLS connections take some turns of the loop to close, and tell nobody.
        await asyncio.sleep(0.25)

    async def _say(self, line: bytes) -> None:
        for watch in list(self._watches):
            await watch.write(line)

    async def _cut_watches(self) -> None:
        for request in list(self._watches.values()):
            abort(request)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        asked = Asked(
            time.monotonic(), request.method, request.path, request.query_string, body.decode()
        )
        self._asked.append(asked)
        for order in list(self._orders):
            if order.hit(asked):
                return await order.mishap(Passage(request, body, lambda: self._do(request, body)))
        async with self._passed_on(request, body) as answer:
            return await self._pass_back(request, answer, watch=asked.watch)

    async def _do(self, request: web.Request, body: bytes) -> None:
        async with self._passed_on(request, body) as answer:
            await answer.read()

    def _passed_on(self, request: web.Request, body: bytes) -> Any:
        return self._client.request(
            request.method,
            self._server + request.raw_path,
            headers=_passing(request.headers),
            data=body or None,
            ssl=self._trust,
            timeout=_WITHOUT_END,
        )

    async def _pass_back(
        self, request: web.Request, answer: aiohttp.ClientResponse, *, watch: bool
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=_passing(answer.headers))
        await response.prepare(request)
        if watch:
            self._watches[response] = request
        try:
            async for data in answer.content.iter_any():
                if not (watch and self._silent):
                    await response.write(data)
            await response.write_eof()
        finally:
            self._watches.pop(response, None)
        return response


def abort(request: web.Request) -> None:
    """Break the connection that a request came by."""
    if request.transport:
        request.transport.abort()


def _passing(headers: Any) -> list[tuple[str, str]]:
    """What is said about the message, and not about the connection it comes by."""
    return [
        (name, text) for name, text in headers.items() if name.lower() not in _OF_ONE_CONNECTION
    ]
