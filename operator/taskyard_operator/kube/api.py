"""One small class for all calls to the API server: raw JSON in and out, errors in the port's words.

It stands on `kubernetes.aio` for configuration, authentication and token reload, and passes by its
generated models and its walk over every value of a body, which cost more CPU than all else on the way.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config

from taskyard_operator.kube.answers import (
    Json,
    asked_pause,
    error_of,
    lines,
    object_in,
    said_in,
)
from taskyard_operator.kube.paths import resource_of
from taskyard_operator.ports import Rejected, Unanswered, Unavailable

_JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
Answered = Callable[[str, str, int | None, float], None]
"""Told of each request: verb, resource, the answer's code (None: there was none), seconds."""

_METHODS = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}

_HEADERS = {"Accept": _JSON, "User-Agent": "taskyard"}

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
        self._api = api
        self._timeout = timeout
        self._answered = answered

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
        configuration = client.Configuration()
        try:
            if "KUBERNETES_SERVICE_HOST" in os.environ:
                config.load_incluster_config(client_configuration=configuration)
            else:
                await config.load_kube_config(client_configuration=configuration)
        except config.ConfigException as error:
            why = f"no cluster to talk to: not in a pod, and no usable kubeconfig ({error})"
            raise Rejected(why) from error
        configuration.connection_pool_maxsize = connections
        # Else the environment and the home's netrc are looked through for each request, in a thread.
        configuration.client_session_kwargs = {"trust_env": False}
        return cls(client.ApiClient(configuration), call_seconds, answered)

    async def close(self) -> None:
        """Close all connections."""
        await self._api.close()

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
            page = await self._request("list", path, None, query)
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
        async with self._answer("get", path, None, query, seconds) as response:
            if response.status >= 300:
                raise error_of(response.status, said_in(await response.read()))
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                end += chunk
                del end[:-limit]
        return bytes(end)

    async def version(self, path: str, selector: str = "") -> str:
        """The version of a collection as it is now, from which it can be watched."""
        query = {"limit": "1", "labelSelector": selector}
        page = await self._request("list", path, None, query)
        return str(page["metadata"]["resourceVersion"])

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
        async with self._answer("watch", path, None, query, limit) as response:
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
            async with self._answer(verb, path, body, query, limit) as response:
                answer = await response.read()
            pause = asked_pause(response)
            if pause is None or clock() + pause + _SHORTEST_TRY >= ends:
                break
            # Whoever waits here asks for nothing else meanwhile, which is what the server needs.
            await asyncio.sleep(pause)
        if response.status >= 300:
            raise error_of(response.status, said_in(answer))
        return object_in(answer)

    @asynccontextmanager
    async def _answer(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        limit: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, and read the answer within."""
        began, code = time.monotonic(), None
        try:
            async with self._asked(verb, path, body, query, limit) as response:
                code = response.status
                yield response
        except Unanswered:
            code = None  # It began to answer, and broke off.
            raise
        finally:
            if verb != "watch":  # which takes as long as it is wanted
                self._answered(verb, resource_of(path), code, time.monotonic() - began)

    @asynccontextmanager
    async def _asked(
        self,
        verb: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        limit: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        method, url = _METHODS[verb], self._api.configuration.host + path
        if query:
            url = f"{url}?{urlencode(query)}"
        headers = _HEADERS | {"Content-Type": MERGE_PATCH if verb == "patch" else _JSON}
        with _errors_of_the_way():
            await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            answer = await self._api.rest_client.request(
                method, url, headers, body, _request_timeout=limit
            )
            with closing(answer.response) as response:
                yield response


@contextmanager
def _errors_of_the_way() -> Iterator[None]:
    """Says of what goes wrong on the way to the API server whether it may have been asked."""
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        raise Unavailable("the API server cannot be reached") from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        # It was asked, so it may have done what it was asked for.
        why = f"the API server gave no answer ({type(error).__name__})"
        raise Unanswered(why) from error
