"""Our client with many tasks in flight, as a process of its own: `python -m tests.perf.client URL TASKS`.

It prints one line of JSON when all are submitted, and one when it has heard of the end of each.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from taskyard import AsyncHTTPClient

from .readings import memory


async def main(url: str, tasks: int) -> None:
    """Submit all, and wait for all; times are those of the machine's monotonic clock."""
    async with AsyncHTTPClient(url) as client:
        await client.add.submit(0)  # loads what is loaded once; nobody waits for it
        idle, began = memory(os.getpid())["VmRSS"], time.monotonic()
        submitted = await client.add.submit_many({"a": number} for number in range(tasks))
        _print(ids=[task.id for task in submitted], seconds=time.monotonic() - began)
        heard = {task.id: time.monotonic() async for task in client.as_completed(submitted)}
        _print(heard=heard, grown=memory(os.getpid())["VmHWM"] - idle)


def _print(**told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
