"""Requests that are made for one request to the gateway, several at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


async def each(
    ask: Callable[[A], Awaitable[R]], of: Iterable[A], gate: asyncio.Semaphore
) -> list[R]:
    """The answers in order, of so many at the same time as the gate lets through.

    The first error is raised and ends all others: none goes on when the request has its answer.
    """

    async def one(item: A) -> R:
        async with gate:
            return await ask(item)

    tasks = [asyncio.create_task(one(item)) for item in of]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
