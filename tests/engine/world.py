"""Our ports in memory: they tell what was done in which order, and fail or wait where a test says so."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from taskyard.api.names import job_name
from taskyard.api.runner import Ticket
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt, Stage
from taskyard_operator.core.webhook import Webhook
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.engine import Engine
from taskyard_operator.engine.namespaces import Namespaces
from taskyard_operator.ports import (
    Conflict,
    FoundEnd,
    FoundObject,
    Key,
    Missing,
    NotPermitted,
    StoredBody,
    Unavailable,
)
from tests.core.builders import NOW

T = TypeVar("T", TaskRun, TaskService)

PATIENCE = 10
"""Seconds after which a test that waits for something has failed."""


async def until(so: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the event loop run until `so()` is true."""
    async with asyncio.timeout(seconds):
        while not so():  # noqa: ASYNC110 - it may become true by anything
            await asyncio.sleep(0.001)


def clock_of_the_builders() -> Clock:
    """Tells the time of the builders, which goes on from now: what they say has begun is not over."""
    began = time.monotonic()
    return lambda: NOW + timedelta(seconds=time.monotonic() - began)


def all_listed(*names: str) -> Namespaces:
    """Namespaces, or where none are named all that there are, once each was listed."""
    namespaces = Namespaces(names)
    for place in namespaces.places:
        namespaces.listed(place)
    return namespaces


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    """Let an engine work; it must not end by itself."""
    task = asyncio.create_task(engine.run())
    try:
        yield engine
        assert not task.done(), "the engine ended by itself"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass
class Calls:
    """How often each method was called, what came of it, and how its next calls are to go."""

    count: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    """What was changed, in order: `put <key>`, `status <run> <phase>`, `delete <run>`."""
    errors: dict[str, list[Exception]] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    """Methods that fail until a test mends them."""
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    async def enter(self, method: str) -> None:
        self.count[method] += 1
        if method in self.gates:
            await self.gates[method].wait()
        if self.errors.get(method):
            raise self.errors[method].pop(0)
        if method in self.broken:
            raise self.broken[method]

    def fail(self, method: str, *errors: Exception) -> None:
        """Let the next calls of a method fail, each in its way."""
        self.errors[method] = list(errors)

    def hold(self, method: str) -> asyncio.Event:
        """Let calls of a method wait until the event that is returned is set."""
        return self.gates.setdefault(method, asyncio.Event())

    def of(self, *words: str) -> list[str]:
        """The events that begin with one of the words."""
        return [event for event in self.events if event.startswith(words)]


def _within(namespace: str | None, things: Mapping[Key, T]) -> list[T]:
    return [thing for key, thing in things.items() if namespace in (None, key.namespace)]


class MemoryRuns:
    """A `RunStore`."""

    def __init__(self, calls: Calls, *runs: TaskRun) -> None:
        self.calls = calls
        self.by_key: dict[Key, TaskRun] = {}
        self.of_service: dict[Key, TaskService] = {}
        self.written: list[TaskRunStatus] = []
        self.deleted_at: list[float] = []
        self.version = 100
        self.closed: set[str] = set()
        """Namespaces that may not be listed."""
        for run in runs:
            self.put(run)

    def put(self, run: TaskRun) -> TaskRun:
        self.version += 1
        metadata = run.metadata.model_copy(update={"resource_version": str(self.version)})
        stored = run.model_copy(update={"metadata": metadata})
        self.by_key[Key.of(run)] = stored
        return stored

    async def runs(self, namespace: str | None) -> Sequence[TaskRun]:
        await self.calls.enter("runs")
        if namespace in self.closed:
            raise NotPermitted(f"taskruns in {namespace} are not for you")
        return _within(namespace, self.by_key)

    async def services(self, namespace: str | None) -> Sequence[TaskService]:
        await self.calls.enter("services")
        return _within(namespace, self.of_service)

    async def run(self, namespace: str, name: str) -> TaskRun:
        await self.calls.enter("run")
        try:
            return self.by_key[Key(namespace, name)]
        except KeyError:
            raise Missing("no such run") from None

    async def create(self, run: TaskRun) -> TaskRun:
        await self.calls.enter("create")
        return self.put(run)

    async def request_cancel(self, run: TaskRun) -> TaskRun:
        await self.calls.enter("request_cancel")
        spec = run.spec.model_copy(update={"cancel": True})
        return self.put(run.model_copy(update={"spec": spec}))

    async def write_status(self, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        await self.calls.enter("write_status")
        there = self.by_key.get(Key.of(run))
        if there is None:
            raise Missing("no such run")
        changed = there.metadata.resource_version != run.metadata.resource_version
        if changed:
            raise Conflict("somebody changed the run")
        # As through the API server: times lose what is less than a second.
        told = TaskRunStatus.model_validate(status.to_wire())
        self.written.append(told)
        self.calls.events.append(f"status {run.metadata.name} {told.phase}")
        return self.put(there.model_copy(update={"status": told}))

    async def delete(self, run: TaskRun) -> None:
        await self.calls.enter("delete")
        there = self.by_key.get(Key.of(run))
        if there and there.metadata.uid == run.metadata.uid:
            del self.by_key[Key.of(run)]
            self.deleted_at.append(asyncio.get_running_loop().time())
            self.calls.events.append(f"delete {run.metadata.name}")


class MemoryLauncher:
    """A `Launcher`; what it started gets on only as a test says."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.there: dict[tuple[Key, int], Attempt] = {}
        self.tickets: list[Ticket] = []

    def put(self, key: Key, attempt: Attempt) -> None:
        self.there[key, attempt.number] = attempt

    async def start(self, run: TaskRun, service: TaskService, number: int, ticket: Ticket) -> None:
        await self.calls.enter("start")
        if (Key.of(run), number) in self.there:
            return
        self.tickets.append(ticket)
        job = job_name(run.metadata.name, number)
        uid = run.metadata.uid
        made = Attempt(number, uid, job, Stage.WAITING, created_at=NOW, admitted_at=NOW)
        self.put(Key.of(run), made)

    async def stop(self, run: TaskRun, number: int) -> None:
        await self.calls.enter("stop")
        self.there.pop((Key.of(run), number), None)

    async def log(self, run: TaskRun, attempt: Attempt) -> bytes:
        await self.calls.enter("log")
        assert attempt.ending
        return f"the log of {attempt.ending.log_of}".encode()

    async def attempts(self, run: TaskRun) -> Sequence[Attempt]:
        await self.calls.enter("attempts")
        return [attempt for (key, _), attempt in self.there.items() if key == Key.of(run)]

    async def all_attempts(self, namespace: str | None) -> Sequence[tuple[Key, Attempt]]:
        await self.calls.enter("all_attempts")
        return [
            (key, attempt)
            for (key, _), attempt in self.there.items()
            if namespace in (None, key.namespace)
        ]


@dataclass
class MemorySender:
    """A `CallbackSender`."""

    calls: Calls = field(default_factory=Calls)
    delivered: list[Webhook] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        return self.calls.count["send"]

    async def send(self, webhook: Webhook, at: datetime) -> None:
        await self.calls.enter("send")
        self.delivered.append(webhook)


class MemoryObjects:
    """An `ObjectStore`; one that is `away` gives no answer."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.stored: dict[str, bytes] = {}
        self.away = False

    async def _enter(self, method: str) -> None:
        await self.calls.enter(method)
        if self.away:
            raise Unavailable("the store is away")

    async def put(self, key: str, body: AsyncIterator[bytes]) -> StoredBody:
        await self._enter("put")
        whole = b"".join([chunk async for chunk in body])
        self.stored[key] = whole
        return StoredBody(len(whole), hashlib.sha256(whole).hexdigest())

    async def get(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        await self._enter("get")
        for chunk in (self.stored[key][start:end],):
            yield chunk

    async def get_small(self, key: str, limit: int) -> bytes:
        await self._enter("get_small")
        try:
            return self.stored[key][:limit]
        except KeyError:
            raise Missing("no such object") from None

    async def get_end(self, key: str, limit: int) -> bytes:
        await self._enter("get_end")
        try:
            return self.stored[key][-limit:]
        except KeyError:
            raise Missing("no such object") from None

    async def end_unless(self, key: str, limit: int, e_tag: str | None) -> FoundEnd | None:
        await self._enter("end_unless")
        body = self.stored.get(key)
        if body is None:
            raise Missing("no such object")
        now = _e_tag(body)
        return None if now == e_tag else FoundEnd(body[-limit:], len(body), now)

    async def part(self, key: str, start: int, stop: int, e_tag: str | None) -> bytes:
        await self._enter("part")
        body = self.stored.get(key)
        if body is None:
            raise Missing("no such object")
        if e_tag and _e_tag(body) != e_tag:
            raise Conflict("the object has changed")
        return body[start:stop]

    async def look_up(self, key: str, body_up_to: int = 0) -> FoundObject:
        await self._enter("look_up")
        body = self.stored.get(key)
        if body is None:
            raise Missing("no such object")
        told = body if body_up_to and len(body) <= body_up_to else None
        return FoundObject(len(body), "text/plain", _e_tag(body), told)

    async def put_bytes(self, key: str, body: bytes) -> None:
        await self._enter("put_bytes")
        self.stored[key] = body
        self.calls.events.append(f"put {key}")

    async def put_new(self, key: str, body: bytes) -> bool:
        await self._enter("put_new")
        return self.stored.setdefault(key, body) is body

    async def delete(self, key: str) -> None:
        await self.delete_many([key])

    async def delete_many(self, keys: Sequence[str]) -> None:
        await self._enter("delete_many")
        for key in keys:
            self.stored.pop(key, None)

    async def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        await self._enter("list")
        below = (key for key in self.stored if key.startswith(f"{folder}/"))
        keys = sorted(key for key in below if key > start_after)
        for start in range(0, len(keys), 200):
            yield keys[start : start + 200]

    async def list_folders(self, folder: str) -> Sequence[str]:
        await self._enter("list_folders")
        rests = (key.removeprefix(f"{folder}/") for key in self.stored if key.startswith(folder))
        return sorted({rest.partition("/")[0] for rest in rests})

    async def url_to_get(self, key: str) -> str:
        return f"get:{key}"

    async def urls_to_put(self, keys: Sequence[str]) -> Sequence[str]:
        return [f"put:{key}" for key in keys]


def _e_tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
