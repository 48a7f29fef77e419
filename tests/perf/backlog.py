"""A long queue on one machine: what 10,000 waiting tasks cost the server, and whether they keep their order."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from tests.local.serving import taskyard_serve

from .figures import Figure, percentile
from .local import CLIENTS, SERVICES

QUEUED = 10_000
WATCHED = 300
"""So many of the first are submitted one by one and let through, to see in which order they start."""
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
            watched = await _queue(http, WATCHED, clients=1)
            before = process.memory_info().rss
            began = time.monotonic()
            ids = await _queue(http, QUEUED, CLIENTS)
            seconds = time.monotonic() - began
            grown = process.memory_info().rss - before
            answers = [await _status(http, ids[at]) for at in range(0, QUEUED, QUEUED // 500)]
            await http.post("/hold/cancel", params={"task_id": holder})
            turns = [await _turn(http, task) for task in watched]
    too_late = sum(later < earlier for earlier, later in pairwise(turns))
    return [
        Figure("submits accepted while they queue", QUEUED / seconds, "/s"),
        Figure("memory that 10,000 queued tasks take", grown / _MIB, "MiB", at_most=50),
        Figure("status, p50", percentile(answers, 50) * 1000, "ms"),
        Figure("status, p99", percentile(answers, 99) * 1000, "ms", at_most=50),
        Figure(
            f"of the first {WATCHED}, submitted one by one: started too early", too_late, at_most=0
        ),
    ]


async def _queue(http: httpx.AsyncClient, number: int, clients: int) -> list[str]:
    left, ids = iter(range(number)), list[str]()

    async def client() -> None:
        for _ in left:
            answer = await http.post("/turn/submit", json={})
            answer.raise_for_status()
            ids.append(answer.json()["task_id"])

    await asyncio.gather(*(client() for _ in range(clients)))
    return ids


async def _status(http: httpx.AsyncClient, task: str) -> float:
    """Seconds that an answer takes."""
    began = time.monotonic()
    (await http.get("/turn/status", params={"task_id": task})).raise_for_status()
    return time.monotonic() - began


async def _turn(http: httpx.AsyncClient, task: str) -> int:
    """As which one a task was run, once it was."""
    while True:
        answer = await http.get("/turn/get", params={"task_id": task})
        if answer.is_success:
            return int(answer.json())
        await asyncio.sleep(0.1)
