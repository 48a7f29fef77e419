"""`taskyard serve` and `bentoml serve`: the same service, the same load, one after the other; and a kill -9.

BentoML keeps what it has accepted in memory or in a file that it deletes at its start; `taskyard serve` has
each task on the disk before it gives its id out.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import httpx
import psutil

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

CUT = 12
"""Tasks of half a second that are there when all processes are killed: they have ended, run, and wait."""
_MIB = 1024**2


class Server(Protocol):
    """A server that runs."""

    @property
    def url(self) -> str: ...

    @property
    def process(self) -> subprocess.Popen[bytes]: ...

    def kill(self) -> None:
        """End it as a power cut would."""


Serve = Callable[[Path], AbstractContextManager[Server]]
"""Serves the trivial service with its data in a folder."""


@dataclass(frozen=True)
class Round:
    """What one round of load gave: rates, and seconds from submit to result. `memory` is in MiB, idle."""

    submits: float
    tasks: float
    seconds: list[float]
    memory: float


async def measure() -> list[Figure]:
    """Tasks a second and seconds a task: BentoML's, warm and fresh."""
    rounds: dict[str, list[Round]] = {}
    for _ in range(ROUNDS):
        for name, serve in _SERVERS.items():
            with TemporaryDirectory() as folder, serve(Path(folder)) as server:
                tasks = TASKS if name != "fresh" else TASKS // 10
                rounds.setdefault(name, []).append(await _round(server, tasks))
    figures = []
    for name, found in rounds.items():
        seconds = [each for one in found for each in one.seconds]
        figures += [
            of_rounds(f"{name}: submits accepted", [one.submits for one in found], "/s"),
            of_rounds(f"{name}: trivial tasks", [one.tasks for one in found], "/s"),
            Figure(f"{name}: submit to result, p50", percentile(seconds, 50) * 1000, "ms"),
            Figure(f"{name}: submit to result, p95", percentile(seconds, 95) * 1000, "ms"),
            of_rounds(f"{name}: memory when idle", [one.memory for one in found], "MiB"),
            await _left_after_a_kill(name),
        ]
    ratios = [
        ours.tasks / theirs.tasks
        for ours, theirs in zip(rounds["warm"], rounds[_BENTOML], strict=True)
    ]
    return [*figures, of_rounds("warm tasks for each of BentoML's", ratios, at_least=1.0)]


async def _round(server: Server, tasks: int) -> Round:
    async with _client(server) as http:
        await _through(http, 8, CLIENTS)  # what is built for the first tasks is not counted
        memory = await _idle_memory(server)
        submits, rate = await _through(http, tasks, CLIENTS)
        seconds = []
        for _ in range(ONE_BY_ONE if tasks == TASKS else ONE_BY_ONE // 6):
            began = time.monotonic()
            await _ended(http, await _submit(http, a=1), 0.005)
            seconds.append(time.monotonic() - began)
    return Round(submits, rate, seconds, memory)


def _client(server: Server) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CLIENTS)
    return httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60, limits=limits)


async def _idle_memory(server: Server) -> float:
    """What all processes of a server hold together; what they share is counted once."""
    await asyncio.sleep(1)
    top = psutil.Process(server.process.pid)
    return sum(each.memory_full_info().pss for each in [top, *top.children(recursive=True)]) / _MIB


async def _left_after_a_kill(name: str) -> Figure:
    """How many of some tasks end well, where the server is killed in the midst of them and started again."""
    with TemporaryDirectory() as folder:
        with _SERVERS[name](Path(folder)) as server:
            async with _client(server) as http:
                await _through(http, 2, CLIENTS)
                ids = [await _submit(http, "hold", seconds=0.5) for _ in range(CUT)]
                await _ended(http, ids[0], 0.005, "hold")
            server.kill()
        with _SERVERS[name](Path(folder)) as server:
            async with _client(server) as http:
                left = [task for task in ids if await _is_known(http, task)]
                for task in left:
                    await _ended(http, task, 0.05, "hold")
    what = f"{name}: of {CUT} tasks, there and well after a kill -9"
    return Figure(what, len(left), at_least=None if name == _BENTOML else CUT)


async def _is_known(http: httpx.AsyncClient, task: str) -> bool:
    return (await http.get("/hold/status", params={"task_id": task})).status_code != 404


async def _through(http: httpx.AsyncClient, tasks: int, clients: int) -> tuple[float, float]:
    """Submits and tasks a second, where so many clients submit, and then wait for all."""
    began, left, ids = time.monotonic(), iter(range(tasks)), list[str]()

    async def client() -> None:
        for number in left:
            ids.append(await _submit(http, a=number))

    await asyncio.gather(*(client() for _ in range(clients)))
    accepted = time.monotonic()
    for task in ids:
        await _ended(http, task, 0.05)
    return tasks / (accepted - began), tasks / (time.monotonic() - began)


async def _submit(http: httpx.AsyncClient, name: str = "add", **arguments: float) -> str:
    answer = await http.post(f"/{name}/submit", json=arguments)
    answer.raise_for_status()
    return str(answer.json()["task_id"])


async def _ended(http: httpx.AsyncClient, task: str, interval: float, name: str = "add") -> None:
    while True:
        answer = await http.get(f"/{name}/status", params={"task_id": task})
        if (status := answer.json()["status"]) in _ENDED:
            assert status in ("success", "completed"), status
            return
        await asyncio.sleep(interval)


def _taskyard(*options: str) -> Serve:
    @contextmanager
    def serve(folder: Path) -> Iterator[Server]:
        with taskyard_serve(folder / "data", *options, module=SERVICES / "trivial.py") as server:
            yield server

    return serve


def _bentoml(folder: Path) -> AbstractContextManager[Server]:
    return bentoml_serve(NEWEST, folder, "trivial_bento:Trivial", SERVICES)


_BENTOML = f"BentoML {NEWEST}"
_SERVERS: dict[str, Serve] = {
    _BENTOML: _bentoml,
    "warm": _taskyard("--warm"),
    "fresh": _taskyard("--no-warm"),
}
