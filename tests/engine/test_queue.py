"""The work queue."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.engine.queue import WorkQueue

from .world import PATIENCE

T = TypeVar("T")
FAR = 3600.0


async def soon(what: Awaitable[T]) -> T:
    async with asyncio.timeout(PATIENCE):
        return await what


async def next_and_done(queue: WorkQueue[str]) -> str:
    key = await soon(queue.get())
    queue.done(key)
    return key


@pytest.fixture
async def queue() -> WorkQueue[str]:
    return WorkQueue()


async def test_keys_come_in_the_order_in_which_they_were_added(queue: WorkQueue[str]) -> None:
    for key in "cab":
        queue.add(key)

    assert [await next_and_done(queue) for _ in "cab"] == ["c", "a", "b"]


async def test_a_burst_of_one_key_is_one_look(queue: WorkQueue[str]) -> None:
    for _ in range(100):
        queue.add("a")

    assert len(queue) == 1
    assert await next_and_done(queue) == "a"
    assert len(queue) == 0


async def test_a_key_that_is_added_while_a_worker_has_it_comes_again_when_it_is_done(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")
    await soon(queue.get())

    queue.add("a")
    queue.add("a")

    assert len(queue) == 0
    queue.done("a")
    assert len(queue) == 1


async def test_a_key_that_nobody_added_meanwhile_does_not_come_again(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")

    await next_and_done(queue)

    assert len(queue) == 0


async def test_who_waits_gets_a_key_that_comes_later(queue: WorkQueue[str]) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)

    queue.add("a")

    assert await soon(waiting) == "a"


@given(st.lists(st.sampled_from("aabc"), max_size=40), st.integers(1, 4))
def test_no_two_workers_have_one_key_and_no_key_is_lost(keys: list[str], workers: int) -> None:
    async def play() -> None:
        queue: WorkQueue[str] = WorkQueue()
        held: set[str] = set()
        looked_at_since_added: dict[str, bool] = {}

        async def work() -> None:
            while True:
                key = await queue.get()
                assert key not in held
                held.add(key)
                looked_at_since_added[key] = True
                await asyncio.sleep(0)
                held.remove(key)
                queue.done(key)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work()) for _ in range(workers)]
            for number, key in enumerate(keys):
                looked_at_since_added[key] = False
                queue.add(key)
                if number % 3 == 0:
                    await asyncio.sleep(0)
            for _ in range(5 * len(keys) + 5):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()

        assert all(looked_at_since_added.values())
        assert len(queue) == 0

    asyncio.run(play())


async def test_a_delayed_key_comes_after_its_time_and_not_before(queue: WorkQueue[str]) -> None:
    loop = asyncio.get_running_loop()
    since = loop.time()

    queue.add_after("a", 0.02)

    assert len(queue) == 0
    assert await next_and_done(queue) == "a"
    assert loop.time() - since >= 0.02 - 0.002  # the loop's clock has a resolution


@pytest.mark.parametrize("delays", [(0.01, FAR), (FAR, 0.01), (FAR, -1.0), (0.0, FAR)])
async def test_of_two_times_the_earlier_counts_and_only_that(
    queue: WorkQueue[str], delays: tuple[float, float]
) -> None:
    for delay in delays:
        queue.add_after("a", delay)

    assert await next_and_done(queue) == "a"
    assert queue._timers == {}


async def test_a_key_that_is_due_now_is_not_scheduled_for_later_too(
    queue: WorkQueue[str],
) -> None:
    queue.add_after("a", FAR)

    queue.add("a")

    assert await next_and_done(queue) == "a"
    assert queue._timers == {}


async def test_a_key_that_was_scheduled_while_a_worker_had_it_comes_in_its_time(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")
    key = await soon(queue.get())
    queue.add_after(key, 0.01)
    queue.done(key)

    assert len(queue) == 0
    assert await next_and_done(queue) == "a"


class TestBackOff:
    @pytest.fixture
    async def queue(self) -> WorkQueue[str]:
        return WorkQueue(first_delay=1, longest_delay=60)

    async def test_doubles_up_to_its_cap_with_jitter(self, queue: WorkQueue[str]) -> None:
        ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60]

        delays = [queue.retry("a") for _ in ceilings]

        for delay, ceiling in zip(delays, ceilings, strict=True):
            assert ceiling / 2 <= delay <= ceiling

    async def test_is_bounded_after_a_year_of_failures(self, queue: WorkQueue[str]) -> None:
        queue._failures["a"] = 10**6

        assert queue.retry("a") <= 60

    async def test_is_each_key_s_own(self, queue: WorkQueue[str]) -> None:
        for _ in range(5):
            queue.retry("a")

        assert queue.retry("b") <= 1

    async def test_begins_anew_after_a_look_that_went_well(self, queue: WorkQueue[str]) -> None:
        for _ in range(5):
            queue.retry("a")

        queue.forget_failures("a")

        assert queue.retry("a") <= 1

    async def test_ends_in_the_key_being_due(self) -> None:
        queue: WorkQueue[str] = WorkQueue(first_delay=0.01)

        queue.retry("a")

        assert await next_and_done(queue) == "a"

    async def test_is_cut_short_by_an_event(self, queue: WorkQueue[str]) -> None:
        queue.retry("a")

        queue.add("a")

        assert await next_and_done(queue) == "a"


async def test_the_queue_tells_how_long_keys_wait_and_are_worked_on() -> None:
    now = 100.0
    queue: WorkQueue[str] = WorkQueue(clock=lambda: now)
    assert (queue.oldest_wait(), queue.longest_hold(), queue.since_done()) == (0, 0, 0)

    queue.add("a")
    now += 5
    queue.add("b")
    queue.add("a")
    now += 2
    assert (queue.oldest_wait(), queue.longest_hold()) == (7, 0)

    await soon(queue.get())
    now += 3
    assert (queue.oldest_wait(), queue.longest_hold(), queue.since_done()) == (5, 3, 10)

    queue.done("a")
    now += 1
    assert (queue.oldest_wait(), queue.longest_hold(), queue.since_done()) == (6, 0, 1)


async def test_the_load_counts_what_is_due_and_what_is_looked_at(queue: WorkQueue[str]) -> None:
    for key in "abc":
        queue.add(key)
    queue.add_after("d", FAR)
    first = await soon(queue.get())
    assert queue.load == 3

    queue.done(first)
    assert queue.load == 2
