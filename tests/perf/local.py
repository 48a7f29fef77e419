"""`taskyard serve` and `bentoml serve`: the same service, the same load, one after the other.

BentoML keeps what it has accepted in memory or in a file that it deletes at its start; `taskyard serve` has
each task on the disk before it gives its id out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.compatibility.environments import NEWEST
from tests.compatibility.serving import bentoml_serve
from tests.local.serving import taskyard_serve

from .figures import Figure, of_rounds, percentile

SERVICES = Path(__file__).parent / "services"
ROUNDS = 3
TASKS = 300
CLIENTS = 16
ONE_BY_ONE = 60
_ENDED = {"success", "completed", "failure", "failed", "cancelled", "canceled"}

Serve = Callable[[Path], AbstractContextManager[str]]
"""Serves the trivial service with its data in a folder, and gives the URL."""


@dataclass(frozen=True)
class Round:
    """What one round of load gave."""

    submits: float
    tasks: float
    seconds: list[float]


async def measure() -> list[Figure]:
    """Tasks a second and seconds a task: BentoML's, warm and fresh."""
    rounds: dict[str, list[Round]] = {}
    for _ in range(ROUNDS):
        for name, serve in _SERVERS.items():
            with TemporaryDirectory() as folder, serve(Path(folder)) as url:
                tasks = TASKS if name != "fresh" else TASKS // 10
                rounds.setdefault(name, []).append(await _round(url, tasks))
    figures = []
    for name, found in rounds.items():
        seconds = [each for one in found for each in one.seconds]
        figures += [
            of_rounds(f"{name}: submits accepted", [one.submits for one in found], "/s"),
            of_rounds(f"{name}: trivial tasks", [one.tasks for one in found], "/s"),
            Figure(f"{name}: submit to result, p50", percentile(seconds, 50) * 1000, "ms"),
            Figure(f"{name}: submit to result, p95", percentile(seconds, 95) * 1000, "ms"),
        ]
    ratios = [
        ours.tasks / theirs.tasks
        for ours, theirs in zip(rounds["warm"], rounds[_BENTOML], strict=True)
    ]
    return [*figures, of_rounds("warm tasks for each of BentoML's", ratios, at_least=1.0)]


async def _round(url: str, tasks: int) -> Round:
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits) as http:
        await _through(http, 8, CLIENTS)  # what is built for the first tasks is not counted
        submits, rate = await _through(http, tasks, CLIENTS)
        seconds = []
        for _ in range(ONE_BY_ONE if tasks == TASKS else ONE_BY_ONE // 6):
            began = time.monotonic()
            await _ended(http, await _submit(http, 1), 0.005)
            seconds.append(time.monotonic() - began)
    return Round(submits, rate, seconds)


async def _through(http: httpx.AsyncClient, tasks: int, clients: int) -> tuple[float, float]:
    """Submits and tasks a second, where so many clients submit, and then wait for all."""
    began, left, ids = time.monotonic(), iter(range(tasks)), list[str]()

    async def client() -> None:
        for number in left:
            ids.append(await _submit(http, number))

    await asyncio.gather(*(client() for _ in range(clients)))
    accepted = time.monotonic()
    for task in ids:
        await _ended(http, task, 0.05)
    return tasks / (accepted - began), tasks / (time.monotonic() - began)


async def _submit(http: httpx.AsyncClient, number: int) -> str:
    answer = await http.post("/add/submit", json={"a": number})
    answer.raise_for_status()
    return str(answer.json()["task_id"])


async def _ended(http: httpx.AsyncClient, task: str, interval: float) -> None:
    while True:
        status = (await http.get("/add/status", params={"task_id": task})).json()["status"]
        if status in _ENDED:
            assert status in ("success", "completed"), status
            return
        await asyncio.sleep(interval)


def _taskyard(*options: str) -> Serve:
    @contextmanager
    def serve(folder: Path) -> Iterator[str]:
        with taskyard_serve(folder / "data", *options, module=SERVICES / "trivial.py") as server:
            yield server.url

    return serve


def _bentoml(folder: Path) -> AbstractContextManager[str]:
    return bentoml_serve(NEWEST, folder, "trivial_bento:Trivial", SERVICES)


_BENTOML = f"BentoML {NEWEST}"
_SERVERS: dict[str, Serve] = {
    _BENTOML: _bentoml,
    "warm": _taskyard("--warm"),
    "fresh": _taskyard("--no-warm"),
}
