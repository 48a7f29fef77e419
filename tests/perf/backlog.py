"""A long queue on one machine: what 10,000 waiting tasks cost the server, and whether they keep their order."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from tests.local.serving import taskyard_serve

from .figures import Figure, percentile
from .local import CLIENTS, SERVICES

QUEUED = 10_000
WATCHED = 100
"""So many of the first are let through, to see in which order they start."""
_MIB = 1024**2


async def measure() -> list[Figure]:
    """Memory and answers of a server with 10,000 tasks in its queue."""
    with (
        TemporaryDirectory() as folder,
        taskyard_serve(
            Path(folder) / "data", "--workers", "1", "--warm", module=SERVICES / "trivial.py"
        ) as server,
    ):
        process = psutil.Process(server.process.pid)
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(
            base_url=server.url, trust_env=False, timeout=60, limits=limits
        ) as http:
            holder = (await http.post("/hold/submit", json={"seconds": 3600})).json()["task_id"]
            await _queue(http, 200)
            before = process.memory_info().rss
            began = time.monotonic()
            ids = await _queue(http, QUEUED)
            seconds = time.monotonic() - began
            grown = process.memory_info().rss - before
            answers = [await _status(http, ids[at]) for at in range(0, QUEUED, QUEUED // 500)]
            await http.post("/hold/cancel", params={"task_id": holder})
            started = await _started(http)
    kept = started == sorted(started)
    return [
        Figure("submits accepted while they queue", QUEUED / seconds, "/s"),
        Figure("memory that 10,000 queued tasks take", grown / _MIB, "MiB", at_most=50),
        Figure("status, p50", percentile(answers, 50) * 1000, "ms"),
        Figure("status, p99", percentile(answers, 99) * 1000, "ms", at_most=50),
        Figure(f"the first {WATCHED} started in their order (1: yes)", float(kept), at_least=1),
    ]


async def _queue(http: httpx.AsyncClient, number: int) -> list[str]:
    left, ids = iter(range(number)), list[str]()

    async def client() -> None:
        for each in left:
            answer = await http.post("/add/submit", json={"a": each})
            answer.raise_for_status()
            ids.append(answer.json()["task_id"])

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return sorted(ids)  # ids sort by time


async def _status(http: httpx.AsyncClient, task: str) -> float:
    """Seconds that an answer takes."""
    began = time.monotonic()
    (await http.get("/add/status", params={"task_id": task})).raise_for_status()
    return time.monotonic() - began


async def _started(http: httpx.AsyncClient) -> list[str]:
    """The tasks that were let through, in the order in which they started."""
    while True:
        answer = await http.get("/v1/tasks", params={"phase": "Succeeded", "limit": WATCHED})
        ended = answer.json()["items"]
        if len(ended) >= WATCHED:
            return [each["id"] for each in sorted(ended, key=lambda each: each["startedAt"])]
        await asyncio.sleep(0.2)
