"""A gateway is replaced while two hundred clients wait for tasks, follow them, and send bodies."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.gateway.bodies import FORM, Part, form
from tests.gateway.conftest import NewPlace, StartGateway, submitted
from tests.gateway.place import Place
from tests.gateway.studio import Studio, manifest
from tests.gateway.waiting import until

from .story import Story

TASKS = 10
STREAMS, WAITS, UPLOADS = 13, 6, 1
"""Clients of each task."""
PIECES = 30
"""Of one upload, a tenth of a second apart."""


class Client:
    """Does what every client of ours does where a connection is lost: it comes again."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.lost = 0

    async def again(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """Ask until it is done; nothing but a lost connection is asked for again by itself."""
        while True:
            try:
                if await ask():
                    return
            except httpx.TransportError:
                self.lost += 1
            await asyncio.sleep(0.1)

    async def follow(self, task_id: str, heard: list[tuple[str, Any]]) -> None:
        """All events of a task, from the last one that was heard."""
        last: dict[str, str] = {}

        async def ask() -> bool:
            url = f"/v1/tasks/{task_id}/events"
            async with self.http.stream("GET", url, headers=last) as answer:
                assert answer.status_code == 200
                fields: dict[str, str] = {}
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    if not line and "data" in fields:
                        last["last-event-id"] = fields["id"]
                        heard.append((fields["event"], json.loads(fields["data"])))
                        fields = {}
            return bool(heard) and heard[-1][0] == "end"

        await self.again(ask)

    async def wait(self, task_id: str) -> str:
        """The phase in which a task has ended."""
        phases: list[str] = []

        async def ask() -> bool:
            answer = await self.http.get(f"/v1/tasks/{task_id}", params={"wait": "30"})
            assert answer.status_code == 200, answer.text
            phases.append(answer.json()["phase"])
            return phases[-1] == "Succeeded"

        await self.again(ask)
        return phases[-1]

    async def upload(self, begun: asyncio.Event) -> str:
        """The id of the task for a body that takes its time."""
        head, tail = form(Part("document", b"|", "slow.txt")).split(b"|")

        async def body() -> AsyncIterator[bytes]:
            yield head
            for _ in range(PIECES):
                begun.set()
                yield b"x" * 1000
                await asyncio.sleep(0.1)
            yield tail

        headers = {"content-type": FORM}
        return submitted(await self.http.post("/convert/submit", content=body(), headers=headers))


async def test_two_hundred_clients_outlive_their_gateway(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    limits = httpx.Limits(max_connections=None)
    with new_place(manifest(Studio, "studio")) as place, start_gateway(place) as first:
        options: dict[str, Any] = {"base_url": first.url, "trust_env": False, "timeout": 60}
        async with httpx.AsyncClient(limits=limits, **options) as http:
            stories = [await _begin(place, http) for _ in range(TASKS)]
            client = Client(http)
            heard: list[list[tuple[str, Any]]] = [[] for _ in range(TASKS * STREAMS)]
            begun = [asyncio.Event() for _ in range(TASKS * UPLOADS)]
            async with asyncio.TaskGroup() as group:
                for index, events in enumerate(heard):
                    group.create_task(client.follow(stories[index % TASKS].task_id, events))
                waits = [group.create_task(client.wait(story.task_id)) for story in stories * WAITS]
                uploads = [group.create_task(client.upload(event)) for event in begun]
                for event in begun:
                    await event.wait()
                await until(lambda: all(len(events) >= 2 for events in heard))

                first.signal(signal.SIGTERM)
                await _write(stories, "meanwhile\n")
                assert await asyncio.to_thread(first.wait) == 0
                port = urlsplit(first.url).port
                second = await asyncio.to_thread(start_gateway(place, port=port).__enter__)
                try:
                    await _write(stories, "after\n")
                    for story in stories:
                        await asyncio.to_thread(story.succeed)
                    await asyncio.gather(*waits, *uploads)
                    await until(lambda: all(events[-1][0] == "end" for events in heard))
                    ids = [story.task_id for story in stories] + [done.result() for done in uploads]
                    assert sorted(ids) == await asyncio.to_thread(place.runs), "each runs once"
                finally:
                    await asyncio.to_thread(second.stop)

    assert client.lost > 0, "the gateway was never away"
    assert "Traceback" not in first.log() + second.log()
    assert {wait.result() for wait in waits} == {"Succeeded"}
    for events in heard:
        assert [name for name, _ in events if name != "log"] == ["phase", "phase", "end"]
        text = "".join(data["text"] for name, data in events if name == "log")
        assert text == "before\nmeanwhile\nafter\n"


async def _begin(place: Place, http: httpx.AsyncClient) -> Story:
    answer = await http.post("/echo/submit", json={"value": 1})
    story = Story(place, submitted(answer))
    await asyncio.to_thread(story.run)
    await asyncio.to_thread(story.log, "before\n")
    return story


async def _write(stories: list[Story], text: str) -> None:
    for story in stories:
        await asyncio.to_thread(story.log, text)
