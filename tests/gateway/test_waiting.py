"""How waiting goes with a watch that breaks, cannot be had, or is not needed any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway import waiting as module
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import Change, Key, Missing, Rejected, Unavailable
from tests.engine.world import until

from .watched_runs import NAMESPACE, Runs


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.05)
    return Runs()


@pytest.fixture
async def waiting(runs: Runs) -> AsyncIterator[Waiting]:
    waiting = Waiting(runs, NAMESPACE)
    yield waiting
    await waiting.close()


async def begun(waiting: Waiting, *names: str) -> list[asyncio.Task[TaskRun | None]]:
    """Waits that have begun."""
    tasks = [asyncio.create_task(waiting.ended(name, 30)) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_all_share_one_watch_and_read_their_run_once(runs: Runs, waiting: Waiting) -> None:
    names = [f"run-{number}" for number in range(100)]
    for name in names:
        runs.add(name)
    waits = await begun(waiting, *names)
    await until(lambda: runs.calls.count["run"] == len(names))

    for name in names:
        runs.end(name)

    ended = await asyncio.gather(*waits)
    assert [run.metadata.name for run in ended if run] == names
    assert (runs.calls.count["watch"], runs.calls.count["run"]) == (1, len(names))


async def test_what_ended_before_the_watch_began_is_seen(runs: Runs, waiting: Waiting) -> None:
    runs.add("old")
    runs.end("old")

    assert await waiting.ended("old", 5)
    assert await waiting.ended("old", 5)  # and with a watch that is there already
    assert runs.calls.count["watch"] == 1


async def test_changes_that_are_no_end_are_waited_through(runs: Runs, waiting: Waiting) -> None:
    runs.add("run")
    [wait] = await begun(waiting, "run")
    await until(lambda: runs.watches)
    started = runs.by_key[Key(NAMESPACE, "run")]
    runs.tell(Change(Key.of(started), started))
    runs.tell(Change(Key(NAMESPACE, "another"), started))

    runs.end("run")

    assert await wait


async def test_an_end_between_two_watches_is_seen(runs: Runs, waiting: Waiting) -> None:
    runs.add("run")
    [wait] = await begun(waiting, "run")
    await until(lambda: runs.calls.count["run"] == 1)
    runs.calls.hold("watch")

    runs.tell(Unavailable("too old resource version"))
    await until(lambda: not runs.watches)
    runs.end("run", told=False)
    runs.calls.gates["watch"].set()

    assert await wait


@pytest.mark.parametrize("error", [Rejected("forbidden"), Unavailable("away"), ValueError("a bug")])
async def test_who_waits_is_not_forgotten_where_nothing_can_be_watched(
    runs: Runs, waiting: Waiting, error: Exception
) -> None:
    runs.calls.broken["watch"] = error
    runs.add("run")
    [wait] = await begun(waiting, "run")
    await until(lambda: runs.calls.count["watch"] > 1)

    runs.end("run", told=False)

    assert await wait


async def test_a_read_that_fails_is_tried_again(runs: Runs, waiting: Waiting) -> None:
    runs.add("run")
    runs.end("run")
    runs.calls.fail("run", Unavailable("busy"), Unavailable("busy"))

    assert await waiting.ended("run", 5)


async def test_a_run_that_is_not_there_or_not_any_more_is_missing(
    runs: Runs, waiting: Waiting
) -> None:
    with pytest.raises(Missing):
        await waiting.ended("never", 5)

    runs.add("run")
    [wait] = await begun(waiting, "run")
    await until(lambda: runs.watches)
    del runs.by_key[Key(NAMESPACE, "run")]
    runs.tell(Change(Key(NAMESPACE, "run"), None))
    with pytest.raises(Missing):
        await wait


async def test_time_runs_out(runs: Runs, waiting: Waiting) -> None:
    runs.add("run")

    assert await waiting.ended("run", 0.05) is None


async def test_the_watch_ends_some_time_after_the_last_who_waits_and_begins_anew(
    runs: Runs, waiting: Waiting
) -> None:
    runs.add("run")
    await waiting.ended("run", 0.01)
    await until(lambda: not runs.watches)

    [wait] = await begun(waiting, "run")
    await until(lambda: runs.watches)
    runs.end("run")

    assert await wait
    assert runs.calls.count["watch"] == 2


async def test_whoever_waits_when_it_is_closed_waits_no_longer(
    runs: Runs, waiting: Waiting
) -> None:
    runs.add("run")
    [wait] = await begun(waiting, "run")
    await until(lambda: runs.watches)

    await waiting.close()

    assert await wait is None
    assert await waiting.ended("run", 30) is None
    assert runs.watches == []


async def test_what_is_to_be_closed_with_it_is(waiting: Waiting) -> None:
    closed = asyncio.Event()

    async def close() -> None:
        closed.set()

    waiting.at_close(close)
    await waiting.close()

    assert closed.is_set()
