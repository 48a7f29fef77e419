"""Whatever happens to a task and however often its follower comes anew: all is told, in order, and once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import AttemptRecord, TaskRunStatus
from taskyard_operator.core.document import task_document
from taskyard_operator.core.keys import log_key, outputs_key, progress_key
from taskyard_operator.gateway.streams import live_run as module
from taskyard_operator.gateway.streams.event import Event, EventName
from taskyard_operator.gateway.streams.feed import Feeds
from taskyard_operator.gateway.streams.follower import Follower
from taskyard_operator.gateway.streams.live_run import LiveRun
from taskyard_operator.gateway.streams.position import Position
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import Key
from tests.engine.world import Calls, MemoryObjects, until
from tests.gateway.watched_runs import NAMESPACE, Runs

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
RUN = Key(NAMESPACE, "run")


@dataclass
class World:
    """One run with what it leaves, a follower of it, and what he has heard."""

    runs: Runs = field(default_factory=Runs)
    objects: MemoryObjects = field(default_factory=lambda: MemoryObjects(Calls()))
    attempts: list[AttemptRecord] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    said: list[tuple[str, int, Any]] = field(default_factory=list)
    """What is to be heard of each attempt, in the order of each stream."""

    def __post_init__(self) -> None:
        self.runs.add(RUN.name)
        self.waiting = Waiting(self.runs, NAMESPACE)
        self.feeds = Feeds(self.objects, NAMESPACE, 0.002)

    @property
    def number(self) -> int:
        return len(self.attempts)

    def run(self) -> None:
        self.attempts.append(AttemptRecord(number=self.number + 1, job="j", started_at=NOON))
        self.become(Phase.RUNNING)

    def lose(self) -> None:
        self.close()
        self.become(Phase.QUEUED, reason="BackingOff")

    def close(self) -> None:
        self.attempts[-1] = self.attempts[-1].model_copy(update={"finished_at": NOON})

    def end(self) -> None:
        if self.attempts:
            self.close()
        self.become(Phase.FAILED, reason="TaskError")

    def become(self, phase: Phase, **fields: Any) -> None:
        attempts = list(self.attempts)
        status = TaskRunStatus(phase=phase, attempt=self.number, attempts=attempts, **fields)
        self.runs.become(RUN.name, status)

    def log(self, text: str) -> None:
        self.grow("log", log_key, text, text.encode())

    def progress(self) -> None:
        at = (NOON + timedelta(seconds=len(self.said))).isoformat()
        line = json.dumps({"at": at, "fraction": 0.5, "message": at}).encode() + b"\n"
        self.grow("progress", progress_key, at, line)

    def emit(self, size: int) -> None:
        value = "v" * size
        line = {"index": len(self.said), "at": NOON.isoformat(), "value": value}
        self.grow("output", outputs_key, value, json.dumps(line).encode() + b"\n")

    def grow(self, kind: str, key_of: Callable[..., str], said: Any, more: bytes) -> None:
        key = key_of(*RUN, self.number)
        self.objects.stored[key] = self.objects.stored.get(key, b"") + more
        self.said.append((kind, self.number, said))

    def position(self) -> Position:
        """After the last event, as another process reads it off its id."""
        if not self.heard:
            return Position()
        return Position.from_event_id(self.heard[-1].position.event_id())

    def follower(
        self, position: Position, wanted: frozenset[EventName] = frozenset(EventName)
    ) -> Follower:
        async def gone() -> Any:
            raise AssertionError("the run is there")

        live = LiveRun(self.runs.by_key[RUN], self.waiting, gone)
        return Follower(live, position, wanted, self.feeds, task_document, 0.01)

    @asynccontextmanager
    async def following(
        self, position: Position | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        follower = self.follower(position or self.position())

        async def hear() -> None:
            async with aclosing(follower.events()) as events:
                async for event in events:
                    if event is not None:
                        self.heard.append(event)

        task = asyncio.create_task(hear())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])

    def streams(self) -> list[tuple[str, int, Any]]:
        """What was heard of the streams, as `said` has it; pieces of a log are put together."""
        words = {"log": "text", "output": "value", "progress": "message"}
        told = [(event.name, json.loads(event.data)) for event in self.heard]
        return [(name, data["attempt"], data[words[name]]) for name, data in told if name in words]


def joined(things: Sequence[tuple[str, int, Any]]) -> dict[tuple[str, int], Any]:
    """Each stream of each attempt: a text for logs, a list for all others."""
    whole: dict[tuple[str, int], Any] = {}
    for kind, attempt, what in things:
        piece = what if kind == "log" else [what]
        empty: Any = "" if kind == "log" else []
        whole[kind, attempt] = whole.get((kind, attempt), empty) + piece
    return whole


actions = st.one_of(
    st.sampled_from(["run", "lose", "cut", "hear", "progress"]),
    st.text("aö\n", min_size=1, max_size=8).map(lambda text: ("log", text)),
    st.just(("log", "long line " * 20_000)),
    st.sampled_from([1, 200, 100_000]).map(lambda size: ("emit", size)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(actions, max_size=25))
def test_the_story_is_the_same_wherever_it_was_cut(steps: list[Any]) -> None:
    asyncio.run(_tell(steps))


async def _tell(steps: list[Any]) -> None:
    world = World()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.following())
        for step in steps:
            if step == "cut":
                await stack.aclose()
                await stack.enter_async_context(world.following())
            elif step == "hear":
                await asyncio.sleep(0.005)
            else:
                _act(world, step)
        world.end()
        await until(lambda: world.heard and world.heard[-1].name is EventName.END)
    await world.waiting.close()

    assert joined(world.streams()) == joined(world.said)
    assert [event.name for event in world.heard[-2:]] == ["phase", "end"]
    attempts = [json.loads(event.data).get("attempt") or 0 for event in world.heard]
    assert attempts == sorted(attempts)
    marks = [event.position.event_id() for event in world.heard]
    assert len(set(marks)) == len(marks)


def _act(world: World, step: Any) -> None:
    running = bool(world.attempts) and world.attempts[-1].finished_at is None
    match step:
        case "run" if not running:
            world.run()
        case "lose" if running:
            world.lose()
        case "progress" if running:
            world.progress()
        case ("log", text) if running:
            world.log(text)
        case ("emit", size) if running:
            world.emit(size)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.01)
    world = World()
    yield world
    await world.waiting.close()


async def test_what_was_told_in_another_process_is_not_told_again(world: World) -> None:
    world.run()
    world.log("one\n")
    async with world.following():
        await until(lambda: len(world.heard) == 2)

    async with world.following():
        await until(lambda: world.objects.calls.count["end_unless"] > 10)
        assert len(world.heard) == 2
        world.log("two\n")
        await until(lambda: len(world.heard) == 3)

    assert world.streams() == [("log", 1, "one\n"), ("log", 1, "two\n")]


async def test_a_store_that_is_away_holds_up_the_story_and_loses_nothing(world: World) -> None:
    world.run()
    async with world.following() as following:
        await until(lambda: world.heard)
        world.objects.away = True
        world.log("one\n")
        world.end()
        await asyncio.sleep(0.1)
        assert len(world.heard) == 1
        world.objects.away = False
        await following

    assert [event.name for event in world.heard] == ["phase", "log", "phase", "end"]


async def test_however_many_follow_a_task_one_reads_for_all(world: World) -> None:
    world.run()
    world.log("one\n")
    async with AsyncExitStack() as stack:
        for _ in range(50):
            await stack.enter_async_context(world.following(Position()))
        await until(lambda: len(world.heard) == 100)
        first = world.objects.calls.count["end_unless"]
        world.log("two\n")
        await until(lambda: len(world.heard) == 150)
        later = world.objects.calls.count["end_unless"]

    assert first < 50
    assert later - first < 50
    assert world.runs.calls.count["watch"] == 1


async def test_nothing_is_read_of_what_nobody_wants_or_when_nobody_is_there(world: World) -> None:
    world.run()
    world.log("one\n")
    events = world.follower(Position(), frozenset({EventName.PHASE})).events()
    async with aclosing(events):
        await anext(events)
        await anext(events)
    assert world.objects.calls.count["end_unless"] == 0

    async with world.following():
        await until(lambda: len(world.heard) == 2)
    before = world.objects.calls.count["end_unless"]
    await asyncio.sleep(0.05)
    assert world.objects.calls.count["end_unless"] == before


async def test_a_process_that_ends_tells_no_more_and_no_end(world: World) -> None:
    world.run()
    async with world.following() as following:
        await until(lambda: world.heard)
        await world.waiting.close()
        await following

    assert [event.name for event in world.heard] == ["phase"]
