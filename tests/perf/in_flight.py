"""Thousands of tasks that one client has in flight: what they cost it and the gateway, and how soon it hears.

The client is a process of its own. Tasks end by writes of their status, at a fixed rate and in no order,
as many workers would end them.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.process import Gateway

from .api import Api, at_once
from .figures import Figure, percentile
from .task_runs import ENDED

_WARM_UP = 20
"""So many tasks before, which load what the gateway loads once."""
_LONGEST_LINE = 64 * 1024**2
_MIB = 1024**2


@dataclass(frozen=True)
class Serving:
    """A gateway with its metrics, and the TaskRuns that it makes."""

    gateway: Gateway
    metrics: str
    api: Api
    runs: str


@dataclass(frozen=True)
class Told:
    """What was seen of one client with so many tasks."""

    submits: float
    requests_to_submit: float
    requests_to_wait: float
    ends: float
    seconds_to_hear: Sequence[float]
    grown: float


async def measure(serving: Serving, tasks: int, ends_per_second: float) -> list[Figure]:
    """Memory, requests and times of so many tasks."""
    await _told(serving, _WARM_UP, ends_per_second)
    idle = serving.gateway.memory().now
    told = await _told(serving, tasks, ends_per_second)
    gateway = (serving.gateway.memory().peak - idle) / _MIB
    of = f"{tasks} in flight"
    return [
        Figure(f"{of}: memory of the gateway above idle", gateway, "MiB", at_most=50),
        Figure(f"{of}: memory of the client above idle", told.grown, "MiB", at_most=50),
        Figure(f"{of}: requests to submit", told.requests_to_submit / tasks, "/task", at_most=1.05),
        Figure(f"{of}: requests to wait", told.requests_to_wait / tasks, "/task", at_most=0.1),
        Figure(f"{of}: submits accepted", told.submits, "/s"),
        Figure(f"{of}: ends written", told.ends, "/s"),
        Figure(f"{of}: end to notice, p50", percentile(told.seconds_to_hear, 50), "s"),
        Figure(f"{of}: end to notice, p95", percentile(told.seconds_to_hear, 95), "s", at_most=2),
    ]


async def _told(serving: Serving, tasks: int, ends_per_second: float) -> Told:
    before = await _requests(serving)
    async with _client(serving.gateway.url, tasks) as client:
        submitted = await _line(client)
        between = await _requests(serving)
        ended = await _end(serving, submitted["ids"], ends_per_second)
        heard = await _line(client)
        after = await _requests(serving)
    return Told(
        submits=tasks / submitted["seconds"],
        requests_to_submit=between - before,
        requests_to_wait=after - between,
        ends=tasks / (max(ended.values()) - min(ended.values())),
        seconds_to_hear=[heard["heard"][name] - at for name, at in ended.items()],
        grown=heard["grown"],
    )


async def _end(serving: Serving, names: Sequence[str], per_second: float) -> dict[str, float]:
    """When the end of each was about to be written."""
    shuffled = random.Random(0).sample(names, len(names))
    began, at = time.monotonic(), dict[str, float]()

    async def end(turn: tuple[int, str]) -> None:
        number, name = turn
        await asyncio.sleep(began + number / per_second - time.monotonic())
        at[name] = time.monotonic()
        await serving.api.patch(f"{serving.runs}/{name}/status", {"status": ENDED})

    await at_once(enumerate(shuffled), end)
    return at


@asynccontextmanager
async def _client(url: str, tasks: int) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "tests.perf.client", url, str(tasks))
    client = await asyncio.create_subprocess_exec(*command, stdout=PIPE, limit=_LONGEST_LINE)
    try:
        yield client
    finally:
        if client.returncode is None:
            client.kill()
        await client.wait()


async def _line(client: Process) -> dict[str, Any]:
    assert client.stdout is not None
    line = await client.stdout.readline()
    assert line, "the client has ended before its time"
    told: dict[str, Any] = json.loads(line)
    return told


async def _requests(serving: Serving) -> float:
    """All requests that the gateway has answered."""
    async with aiohttp.request("GET", serving.metrics) as answer:
        families = text_string_to_metric_families(await answer.text())
    samples = (sample for family in families for sample in family.samples)
    return sum(each.value for each in samples if each.name == "taskyard_http_requests_total")
