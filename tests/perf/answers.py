"""How fast submits and looks at a status are answered: of several servers in turns, by the same client."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from .api import Api, at_once
from .figures import Figure, of_rounds, percentile
from .task_runs import manifest

CLIENTS = 16
"""Connections to each server, each with one request after the other."""


class Asked(Protocol):
    """Who is asked."""

    async def submit(self, number: int) -> str:
        """The id of a new task."""

    async def status(self, task_id: str) -> object:
        """How far the task is."""


@dataclass(frozen=True)
class TaskServer:
    """A server with BentoML's routes."""

    session: aiohttp.ClientSession

    async def submit(self, number: int) -> str:
        async with self.session.post("/add/submit", json={"a": number}) as answer:
            answer.raise_for_status()
            return str((await answer.json())["task_id"])

    async def status(self, task_id: str) -> object:
        async with self.session.get("/add/status", params={"task_id": task_id}) as answer:
            answer.raise_for_status()
            return await answer.json()


@dataclass(frozen=True)
class BareRuns:
    """TaskRuns on the API server, with nothing in between."""

    api: Api
    path: str

    async def submit(self, number: int) -> str:
        name = f"bare-{secrets.token_hex(8)}"
        await self.api.create(self.path, manifest(name, number))
        return name

    async def status(self, task_id: str) -> object:
        return await self.api.get(f"{self.path}/{task_id}")


@dataclass(frozen=True)
class Turn:
    """What one server answered in one round."""

    answers: list[Any]
    seconds: list[float]
    rate: float


Turns = Mapping[str, list[Turn]]
"""Of each server, by its name, those of all rounds."""


async def measure(
    servers: Mapping[str, Asked], requests: int, rounds: int, targets: Mapping[str, float]
) -> list[Figure]:
    """Rates and times of all; and the first server's against the others', its rate at least `targets`."""
    for (
        server
    ) in servers.values():  # connections are opened, and modules loaded, before anything counts
        ids = await _turn(range(2 * CLIENTS), server.submit)
        await _turn(ids.answers, server.status)
    submits: dict[str, list[Turn]] = {name: [] for name in servers}
    statuses: dict[str, list[Turn]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            submits[name].append(await _turn(range(requests), server.submit))
        for name, server in servers.items():
            statuses[name].append(await _turn(submits[name][-1].answers, server.status))
    kinds = {"submit": submits, "status": statuses}
    return [
        figure
        for kind, turns in kinds.items()
        for figure in (*_against(kind, turns, targets), *_plain(kind, turns))
    ]


async def _turn(items: Iterable[Any], ask: Callable[[Any], Awaitable[object]]) -> Turn:
    answers, seconds = list[object](), list[float]()

    async def timed(item: object) -> None:
        began = time.monotonic()
        answers.append(await ask(item))
        seconds.append(time.monotonic() - began)

    began = time.monotonic()
    await at_once(items, timed, CLIENTS)
    return Turn(answers, seconds, len(answers) / (time.monotonic() - began))


def _against(kind: str, turns: Turns, targets: Mapping[str, float]) -> list[Figure]:
    (name, ours), *others = turns.items()
    figures = []
    for other, theirs in others:
        pairs = list(zip(ours, theirs, strict=True))
        of = f"{kind}: {name} for each of {other}"
        rates = [mine.rate / its.rate for mine, its in pairs]
        late = [percentile(mine.seconds, 95) / percentile(its.seconds, 95) for mine, its in pairs]
        figures += [
            of_rounds(f"{of}, answers", rates, at_least=targets[other]),
            of_rounds(f"{of}, p95", late),
        ]
    return figures


def _plain(kind: str, turns: Turns) -> list[Figure]:
    figures = []
    for name, rounds in turns.items():
        seconds = [each for turn in rounds for each in turn.seconds]
        figures += [
            of_rounds(f"{kind}: {name}, answers", [turn.rate for turn in rounds], "/s"),
            Figure(f"{kind}: {name}, p50", percentile(seconds, 50) * 1000, "ms"),
            Figure(f"{kind}: {name}, p95", percentile(seconds, 95) * 1000, "ms"),
        ]
    return figures
