"""The client of one task: submits it, does what its kind asks for, and insists on an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import taskyard
from taskyard import SyncHTTPClient, Task, TaskStatus
from tests.soak.kinds import Play

T = TypeVar("T")

PATIENCE = 420.0
"""Seconds after which a task is said to be stuck."""
FINAL = ("success", "failure", "cancelled")


@dataclass(frozen=True)
class Played:
    """What a client was told of its task."""

    play: Play
    ids: tuple[str, ...]
    """The task run, and the one that was made of it when it was run again."""
    statuses: tuple[TaskStatus, ...]
    result: str | None


class Client:
    """Clients of one gateway, which go on asking while it is away."""

    def __init__(self, gateway: str, service: str) -> None:
        self._http = SyncHTTPClient(f"{gateway}/services/{service}", timeout=10)

    def close(self) -> None:
        self._http.close()

    def play(self, play: Play) -> Played:
        """Submit the task and see it to its end."""
        kind = play.kind
        task = _insist(lambda: self._http.endpoint(kind.task).submit(number=play.number))
        if kind.cancelled:
            _until(task, lambda status: status.value not in ("pending",))
            _insist(task.cancel)
        tasks, statuses = [task], [_until(task, lambda status: status.value in FINAL)]
        if kind.retried:
            again = _insist(task.retry)
            tasks.append(again)
            statuses.append(_until(again, lambda status: status.value in FINAL))
        result = _insist(task.get) if kind.result and statuses[0].value == "success" else None
        return Played(play, tuple(task.id for task in tasks), tuple(statuses), result)


def _until(task: Task, condition: Callable[[TaskStatus], bool]) -> TaskStatus:
    deadline = time.monotonic() + PATIENCE
    while True:
        status = _insist(task.get_status)
        if condition(status):
            return status
        if time.monotonic() > deadline:
            raise TimeoutError(f"{task.id} is stuck: {status}")
        time.sleep(0.5)


def _insist(ask: Callable[[], T]) -> T:
    """Ask until there is an answer: a task that was not accepted is submitted again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except (taskyard.APIConnectionError, taskyard.APIError) as error:
            if time.monotonic() > deadline or not _is_passing(error):
                raise
            time.sleep(0.5)


def _is_passing(error: taskyard.TaskyardError) -> bool:
    """Whether the gateway is away, or in trouble.

    While it has no pod, the address of its Service may lead out of the cluster, and whoever answers there
    gives no id to the request.
    """
    if isinstance(error, taskyard.APIError) and not isinstance(error, taskyard.ServerError):
        return error.request_id is None
    return True
