"""The API server as the measurements use it: plain requests, as cheap as they can be made."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import aiohttp

Json = dict[str, Any]

CONNECTIONS = 32
"""So many requests of ours are under way at once."""
PATIENCE = 300
"""Seconds for whatever is waited for."""


class NoAnswer(Exception):
    """The API server refused, or what was waited for did not come."""


class Api:
    """One API server, as the user of a kubeconfig of the test cluster."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @classmethod
    @asynccontextmanager
    async def connect(cls, kubeconfig: Path) -> AsyncIterator[Self]:
        """A connection for as long as the context lasts."""
        content = json.loads(await asyncio.to_thread(kubeconfig.read_text))
        cluster = content["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        token = content["users"][0]["user"]["token"]
        connector = aiohttp.TCPConnector(
            ssl=ssl.create_default_context(cadata=authority), limit=2 * CONNECTIONS
        )
        async with aiohttp.ClientSession(
            cluster["server"],
            connector=connector,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            read_bufsize=4 * 1024**2,  # a line of a watch is a whole object
        ) as session:
            yield cls(session)

    async def get(self, path: str, **query: str) -> Json:
        """Read an object, or a page of a collection."""
        return await self._request("GET", path, query=query)

    async def found(self, path: str) -> bool:
        """Whether there is such an object."""
        async with self._session.get(path) as answer:
            return answer.status != 404

    async def text(self, path: str) -> str:
        """Read what is no object, such as the metrics."""
        async with self._session.get(path) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def list(self, path: str, selector: str = "") -> list[Json]:
        """All objects of a collection."""
        items: list[Json] = (await self.get(path, labelSelector=selector))["items"]
        return items

    async def create(self, path: str, body: Json) -> Json:
        """Create an object."""
        return await self._request("POST", path, body)

    async def create_if_missing(self, path: str, body: Json) -> None:
        """Create an object that may be there from before."""
        async with self._session.post(path, json=body) as answer:
            if answer.status != 409:
                await _json(answer)

    async def create_all(self, path: str, bodies: Iterable[Json]) -> None:
        """Create objects as fast as it goes."""
        await at_once(bodies, lambda body: self.create(path, body))

    async def patch(self, path: str, body: Json) -> Json:
        """Change an object by a merge patch."""
        return await self._request("PATCH", path, body, kind="application/merge-patch+json")

    async def delete(self, path: str, **query: str) -> None:
        """Delete an object or a collection; it may be gone already."""
        async with self._session.delete(path, params=query) as answer:
            if answer.status != 404:
                await _json(answer)

    async def empty(self, path: str) -> None:
        """Delete a collection, at once and without grace, until nothing is left of it.

        A large collection takes longer than the 60 s that the server has for a request: then it says
        so, or hangs up.
        """
        query = {"gracePeriodSeconds": "0", "propagationPolicy": "Background"}
        while (await self.get(path, limit="1"))["items"]:
            with suppress(aiohttp.ServerDisconnectedError):
                async with self._session.delete(path, params=query) as answer:
                    if answer.status != HTTPStatus.GATEWAY_TIMEOUT:
                        await _json(answer)

    async def version(self, path: str) -> str:
        """The version from which a watch of a collection tells of all that comes."""
        page = await self.get(path, limit="1")
        return str(page["metadata"]["resourceVersion"])

    async def watch(self, path: str, version: str) -> AsyncIterator[Json]:
        """Each object of a collection as it changes, but not those that go away.

        A server under load closes the watches of whoever is slow; then it goes on from there.
        """
        while True:
            query = {"watch": "1", "resourceVersion": version}
            async with self._session.get(path, params=query) as answer:
                if answer.status == 429:  # it is about to serve the collection anew
                    await asyncio.sleep(1)
                    continue
                answer.raise_for_status()
                async for line in answer.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise NoAnswer(f"the watch of {path} has ended: {event['object']}")
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "DELETED":
                        yield event["object"]

    async def until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait for a condition."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not await condition():
            if asyncio.get_running_loop().time() > deadline:
                raise NoAnswer(f"not within {PATIENCE} s: {what}")
            await asyncio.sleep(0.2)

    async def _request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        kind: str = "application/json",
    ) -> Json:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind}
        async with self._session.request(
            method, path, data=data, params=query, headers=headers
        ) as answer:
            return await _json(answer)


async def at_once(
    items: Iterable[Any], work: Callable[[Any], Awaitable[object]], limit: int = CONNECTIONS
) -> None:
    """Do the work of all items, `limit` of them at a time."""
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(worker())


async def _json(answer: aiohttp.ClientResponse) -> Json:
    content: Json = await answer.json()
    if answer.status >= 300:
        raise NoAnswer(f"{answer.method} {answer.url.path}: {content.get('message')}")
    return content
