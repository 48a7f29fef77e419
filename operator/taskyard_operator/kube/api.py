"""One small class for all calls to the API server: raw JSON in and out, errors in the port's words."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Self

import aiohttp
from kubernetes.aio import client

from taskyard_operator.kube.answers import (
    Json,
    asked_pause,
    error_of,
    lines,
    object_in,
    said_in,
)
from taskyard_operator.kube.wire import Answered, Wire, connected
from taskyard_operator.ports import Missing, Unavailable

_PAGE = 500
_SHORTEST_TRY = 1.0
"""Seconds that must be left for asking again after a pause."""
_CHUNK_BYTES = 1 << 16


class KubeApi:
    """Calls to one API server, over at most `connections` connections.

    Every call ends within `timeout` seconds or raises `Unavailable`; `answered` is told of it.
    """

    def __init__(
        self, api: client.ApiClient, timeout: float = 30.0, answered: Answered = lambda *_: None
    ) -> None:
        self._wire = Wire(api, answered)
        self._timeout = timeout

    @classmethod
    async def connect(
        cls,
        connections: int = 64,
        call_seconds: float = 30.0,
        answered: Answered = lambda *_: None,
    ) -> Self:
        """Connect as the pod's ServiceAccount, or where there is none by the kubeconfig.

        `call_seconds` is the longest that a call may take.

        Raises:
            Rejected: there is neither, or the kubeconfig makes no sense.
        """
        return cls(await connected(connections), call_seconds, answered)

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def get(self, path: str) -> Json:
        """Read one object."""
        return await self._request("get", path)

    async def create(self, path: str, body: Mapping[str, Any]) -> Json:
        """Create an object; unknown fields are refused and not dropped without a word."""
        return await self._request("create", path, body, {"fieldValidation": "Strict"})

    async def replace(self, path: str, body: Mapping[str, Any]) -> Json:
        """Put an object, or a part of it such as its status, in the place of what is there."""
        return await self._request("update", path, body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """Change an object by a JSON merge patch (RFC 7386): null removes a field."""
        return await self._request("patch", path, body)

    async def delete(self, path: str, propagation: str, uid: str = "") -> None:
        """Delete an object, where a uid is given only the one that has it.

        `propagation` is Foreground, Background or Orphan. Another uid raises `Conflict`.
        """
        body = {"preconditions": {"uid": uid}} if uid else None
        await self._request("delete", path, body, {"propagationPolicy": propagation})

    async def list(self, path: str, selector: str = "") -> AsyncIterator[Json]:
        """All objects of a collection that a label selector picks, page by page."""
        query = {"limit": str(_PAGE), "labelSelector": selector}
        while True:
            page = await self._page(path, query)
            for item in page["items"]:
                yield item
            token = page["metadata"].get("continue")
            if not token:
                return
            query["continue"] = token

    async def read_end(self, path: str, query: Mapping[str, str], limit: int) -> bytes:
        """The last `limit` bytes of a text, read as it comes: not more than that is held in memory."""
        end = bytearray()
        seconds = aiohttp.ClientTimeout(total=self._timeout)
        async with self._wire.ask("get", path, seconds, query=query) as response:
            if response.status >= 300:
                raise error_of(response.status, said_in(await response.read()))
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                end += chunk
                del end[:-limit]
        return bytes(end)

    async def version(self, path: str, selector: str = "") -> str:
        """The version of a collection as it is now, from which it can be watched."""
        query = {"limit": "1", "labelSelector": selector}
        page = await self._page(path, query)
        return str(page["metadata"]["resourceVersion"])

    async def _page(self, path: str, query: Mapping[str, str]) -> Json:
        """Some of a collection. One that is empty is there, be its namespace there or not."""
        try:
            return await self._request("list", path, None, query)
        except Missing as error:
            kind = path.rpartition("/")[2]
            why = f"the API server serves no {kind}; is their CustomResourceDefinition installed?"
            raise Unavailable(why) from error

    async def watch(
        self,
        path: str,
        version: str,
        seconds: int,
        *,
        selector: str = "",
        silence: float | None = None,
    ) -> AsyncGenerator[Json]:
        """What happens to a collection after `version`, for some seconds: `{"type", "object"}` each.

        With `silence`, a watch in which nothing is said for so many seconds counts as broken.

        Raises:
            VersionTooOld: it cannot be watched from that version any more.
            PortError: it cannot be watched.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
            "labelSelector": selector,
        }
        limit = aiohttp.ClientTimeout(total=seconds + self._timeout, sock_read=silence)
        async with self._wire.ask("watch", path, limit, query=query) as response:
            if response.status >= 300:
                raise error_of(response.status, said_in(await response.read()))
            async for line in lines(response.content):
                event = object_in(line)
                if event.get("type") == "ERROR":
                    raise error_of(int(event["object"].get("code", 500)), event["object"])
                yield event

    async def _request(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        """Ask, and where the server is busy and says for how long, ask again after that time."""
        clock = asyncio.get_running_loop().time
        ends = clock() + self._timeout
        while True:
            limit = aiohttp.ClientTimeout(total=ends - clock())
            async with self._wire.ask(verb, path, limit, body=body, query=query) as response:
                answer = await response.read()
            pause = asked_pause(response)
            if pause is None or clock() + pause + _SHORTEST_TRY >= ends:
                break
            # Whoever waits here asks for nothing else meanwhile, which is what the server needs.
            await asyncio.sleep(pause)
        if response.status >= 300:
            raise error_of(response.status, said_in(answer))
        return object_in(answer)
