"""A gateway is replaced while clients wait for tasks and follow them: none of them notices."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import taskyard

from .conftest import NewPlace, StartGateway
from .studio import Studio, manifest
from .v1.story import Story
from .waiting import until

TASKS, WAITERS = 5, 10


async def lines_of(task: taskyard.AsyncTask, heard: list[str]) -> None:
    async for line in task.logs(follow=True):
        heard += [line]


async def ended(tasks: AsyncIterator[taskyard.AsyncTask]) -> set[str]:
    return {task.id async for task in tasks}


async def test_nobody_notices_that_the_gateway_is_replaced(
    new_place: NewPlace, start_gateway: StartGateway
) -> None:
    with new_place(manifest(Studio, "studio")) as place, start_gateway(place) as first:
        async with taskyard.AsyncHTTPClient(first.url) as client:
            tasks = await client.echo.submit_many(range(TASKS))
            stories = [Story(place, task.id) for task in tasks]
            for story in stories:
                await asyncio.to_thread(story.run)
                await asyncio.to_thread(story.log, "before\n")
            heard: list[list[str]] = [[] for _ in tasks]
            async with asyncio.TaskGroup() as group:
                for task, lines in zip(tasks, heard, strict=True):
                    group.create_task(lines_of(task, lines))
                waits = [group.create_task(task.wait()) for task in tasks * WAITERS]
                all_of_them = group.create_task(ended(taskyard.as_completed(tasks)))
                await until(lambda: all(heard))

                first.signal(signal.SIGTERM)
                assert await asyncio.to_thread(first.wait) == 0
                port = urlsplit(first.url).port
                second = await asyncio.to_thread(start_gateway(place, port=port).__enter__)
                try:
                    for story in stories:
                        await asyncio.to_thread(story.log, "after\n")
                        await asyncio.to_thread(story.succeed)
                    await asyncio.gather(*waits, all_of_them)
                    await until(lambda: all(len(lines) == 2 for lines in heard))
                finally:
                    await asyncio.to_thread(second.stop)

            ids = {task.id for task in tasks}
            assert {wait.result().value for wait in waits} == {"success"}
            assert all_of_them.result() == ids
            assert heard == [["before", "after"]] * TASKS
            assert set(await asyncio.to_thread(place.runs)) == ids
