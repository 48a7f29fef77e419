"""A `Launcher` whose attempts are runners of this machine: all is real but the container around them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taskyard.api.names import CONTAINER, LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard.api.runner import REPORT_VARIABLE, TICKET_VARIABLE, Ticket
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.observation import observe
from taskyard_operator.ports import Key, Missing

Place = tuple[Key, int]


class ProcessLauncher:
    """Runs the services of a folder, a few tasks at the same time.

    What it knows of an attempt it puts into a pod's manifest, so that it is observed as ever.
    """

    def __init__(self, services: Path, work: Path) -> None:
        self._services = services
        self._work = work
        self.tell: Callable[[Key, Attempt], None] = lambda key, attempt: None
        """Called at each change of an attempt."""
        self._pods: dict[Place, dict[str, Any]] = {}
        self._processes: dict[Place, asyncio.subprocess.Process] = {}
        self._carried_out: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(4)

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        place = (Key.of(run), number)
        if place in self._pods:
            return
        self._pods[place] = {
            "metadata": {
                "name": f"{run.metadata.name}-{number}-pod",
                "creationTimestamp": _now(),
                "labels": {
                    LABEL_RUN: run.metadata.name,
                    LABEL_RUN_UID: run.metadata.uid,
                    LABEL_ATTEMPT: str(number),
                },
            },
            "spec": {"nodeName": "this-machine"},
            "status": {"startTime": _now(), "phase": "Pending"},
        }
        task = asyncio.create_task(self._carry_out(place, ticket))
        self._carried_out.add(task)
        task.add_done_callback(self._carried_out.discard)

    async def stop(self, run: TaskRun, number: int) -> None:
        place = (Key.of(run), number)
        if place in self._pods:
            self._pods[place]["metadata"].setdefault("deletionTimestamp", _now())
        if process := self._processes.get(place):
            process.terminate()

    async def attempts(self, run: TaskRun) -> Sequence[Attempt]:
        return [
            attempt
            for key, attempt in await self.all_attempts(run.metadata.namespace)
            if key == Key.of(run)
        ]

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        raise Missing("what a runner of this machine prints goes to the terminal")

    async def all_attempts(self, namespace: str | None) -> Sequence[tuple[Key, Attempt]]:
        observed = ((place[0], observe(None, pod)) for place, pod in self._pods.items())
        return [(key, attempt) for key, attempt in observed if attempt]

    async def _carry_out(self, place: Place, ticket: Ticket) -> None:
        report = self._work / f"{ticket.run}-{ticket.attempt}.json"
        variables = {TICKET_VARIABLE: ticket.to_json(), REPORT_VARIABLE: str(report)}
        async with self._room:
            program = [sys.executable, "-m", "taskyard_runtime"]
            process = await asyncio.create_subprocess_exec(
                *program, cwd=self._services, env={**os.environ, **variables}
            )
            self._processes[place] = process
            began = _now()
            self._put(place, {"running": {"startedAt": began}})
            code = await process.wait()
        said = report.read_text() if report.exists() else ""
        ended = {"exitCode": code, "message": said, "startedAt": began, "finishedAt": _now()}
        self._put(place, {"terminated": ended})

    def _put(self, place: Place, state: dict[str, Any]) -> None:
        pod = self._pods[place]
        pod["status"]["containerStatuses"] = [{"name": CONTAINER, "state": state}]
        attempt = observe(None, pod)
        if attempt:
            self.tell(place[0], attempt)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
