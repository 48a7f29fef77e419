"""How the roster keeps up with what happens, and what becomes of it when it cannot, or nobody asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from fastapi import Request

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRunStatus
from taskyard_operator.core.listing import Filters
from taskyard_operator.core.retention import Retention
from taskyard_operator.gateway import roster as module
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.many import Cancellation, FirstEnded
from taskyard_operator.gateway.past import Past
from taskyard_operator.gateway.roster import Roster
from taskyard_operator.ports import Change, Key, Missing, Unavailable
from tests.core.builders import a_run
from tests.engine.world import Calls, MemoryObjects, until

from .watched_runs import NAMESPACE, Runs


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.02)
    return Runs()


@pytest.fixture
async def roster(runs: Runs) -> AsyncIterator[Roster]:
    roster = Roster(runs, NAMESPACE)
    yield roster
    await roster.close()


@pytest.fixture
def first_ended(runs: Runs, roster: Roster) -> FirstEnded:
    past = Past(MemoryObjects(Calls()), Retention())
    return FirstEnded(roster, Finder(runs, past, Catalog(runs, NAMESPACE, None), NAMESPACE))


def known(roster: Roster) -> set[str]:
    return {row.entry.run for row in roster.first(lambda _: True, "", 1000)}


async def ended(first_ended: FirstEnded, *ids: str, seconds: float = 30) -> list[str]:
    """The ids of those that have ended, in a wait."""
    nobody = cast("Request", None)  # who is asked for only where there is nothing left of a run
    return list((await first_ended.wait(ids, seconds, nobody)).ended)


async def test_however_many_ask_all_is_listed_once(runs: Runs, roster: Roster) -> None:
    for number in range(200):
        runs.add(f"run-{number}")

    await asyncio.gather(*(roster.ready() for _ in range(50)))
    runs.end("run-7")
    runs.tell(Change(Key(NAMESPACE, "run-8"), None))
    await until(lambda: roster.row("run-8") is None)

    row = roster.row("run-7")
    assert row
    assert row.ended
    assert row.run().phase is Phase.SUCCEEDED
    assert len(known(roster)) == 199
    assert (runs.calls.count["watch"], runs.calls.count["runs"]) == (1, 1)
    assert runs.calls.count["run"] == 0


async def test_what_happens_while_all_is_listed_is_not_missed(runs: Runs, roster: Roster) -> None:
    runs.add("one")
    listing = runs.calls.hold("runs")
    asking = asyncio.create_task(roster.ready())
    await until(lambda: runs.calls.count["runs"])

    runs.end("one")
    run = a_run().named("two").in_namespace(NAMESPACE)
    runs.tell(Change(Key.of(run), runs.put(run)))
    listing.set()
    await asking
    await until(lambda: (row := roster.row("one")) and row.ended)

    assert known(roster) == {"one", "two"}


async def test_after_a_watch_that_broke_all_is_listed_anew(runs: Runs, roster: Roster) -> None:
    runs.add("one")
    runs.add("two")
    await roster.ready()

    runs.end("one", told=False)
    del runs.by_key[Key(NAMESPACE, "two")]
    runs.tell(Unavailable("the watch broke"))
    await until(lambda: runs.calls.count["runs"] == 2)
    await roster.ready()

    assert known(roster) == {"one"}
    row = roster.row("one")
    assert row
    assert row.ended


async def test_after_a_watch_that_broke_it_waits_as_long_as_after_anything_that_fails(
    runs: Runs, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.2)
    await roster.ready()

    began = asyncio.get_running_loop().time()
    runs.tell(Unavailable("the watch broke"))
    await until(lambda: runs.calls.count["watch"] == 2)

    assert asyncio.get_running_loop().time() - began >= 0.1, "half of a pause is left to chance"


async def test_while_the_runs_cannot_be_listed_that_is_told_at_once(
    runs: Runs, roster: Roster
) -> None:
    runs.add("one")
    runs.calls.broken["watch"] = Unavailable("the API server cannot be reached")

    for _ in range(3):
        with pytest.raises(Unavailable, match="cannot be listed: the API server cannot be reached"):
            await roster.ready()
    runs.calls.broken.clear()

    await until(lambda: known(roster))
    await roster.ready()


async def test_a_fault_with_one_listing_does_not_end_it(
    runs: Runs, roster: Roster, caplog: pytest.LogCaptureFixture
) -> None:
    runs.add("one")
    runs.calls.fail("runs", ZeroDivisionError())

    with pytest.raises(Unavailable):
        await roster.ready()
    await until(lambda: known(roster) == {"one"})

    assert "after a fault" in caplog.text


async def test_it_is_given_up_when_nobody_asks_and_made_anew_for_the_next(
    runs: Runs, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.05)
    runs.add("one")
    await roster.ready()

    await until(lambda: not runs.watches)
    assert known(roster) == set()

    await roster.ready()
    assert known(roster) == {"one"}


async def test_it_is_kept_as_long_as_somebody_waits(
    runs: Runs, roster: Roster, first_ended: FirstEnded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.01)
    runs.add("one")
    wait = asyncio.create_task(ended(first_ended, "one"))
    await until(lambda: known(roster) == {"one"})
    await asyncio.sleep(0.1)  # many times as long as it is kept for nobody

    runs.end("one")

    assert await wait == ["one"]
    assert runs.calls.count["watch"] == 1
    await until(lambda: not runs.watches)


async def test_a_run_is_kept_without_its_input(runs: Runs, roster: Roster) -> None:
    large = a_run().named("one").in_namespace(NAMESPACE).with_inline(text="x" * 8000)
    runs.put(large)

    await roster.ready()

    assert (row := roster.row("one"))
    assert len(row.text) < 1000
    assert row.run().spec.service == large.spec.service


async def test_thousands_are_waited_for_without_reading_any(
    runs: Runs, first_ended: FirstEnded
) -> None:
    names = [f"run-{number}" for number in range(3000)]
    for name in names:
        runs.add(name)
    waits = [asyncio.create_task(ended(first_ended, *names[n::3])) for n in range(3)]
    await until(lambda: runs.calls.count["runs"])
    await asyncio.sleep(0)

    for name in names[:3]:
        runs.end(name)

    assert await asyncio.gather(*waits) == [[name] for name in names[:3]]
    assert runs.calls.count["run"] == 0


async def test_a_run_that_no_watch_has_told_of_yet_is_waited_for(
    runs: Runs, roster: Roster, first_ended: FirstEnded
) -> None:
    await roster.ready()
    runs.add("new")  # and the watch is behind
    wait = asyncio.create_task(ended(first_ended, "new"))
    await until(lambda: runs.calls.count["run"])

    runs.end("new")

    assert await wait == ["new"]


async def test_what_ended_while_the_watch_was_broken_is_told(
    runs: Runs, roster: Roster, first_ended: FirstEnded
) -> None:
    runs.add("one")
    wait = asyncio.create_task(ended(first_ended, "one"))
    await until(lambda: roster.row("one"))

    runs.end("one", told=False)
    runs.tell(Unavailable("the watch broke"))

    assert await wait == ["one"]


async def test_nobody_waits_any_longer_when_it_is_closed(
    runs: Runs, roster: Roster, first_ended: FirstEnded
) -> None:
    await roster.ready()  # who still waits for the listing is told that it will not come
    runs.add("one")  # and the watch is behind
    wait = asyncio.create_task(ended(first_ended, "one"))
    await until(lambda: runs.calls.count["run"])

    await roster.close()

    async with asyncio.timeout(5):
        assert await wait == []
    assert runs.watches == []
    assert runs.calls.count["run"] == 1, "at the end nothing is read for somebody who is sent away"


async def test_a_run_that_was_asked_to_end_is_not_asked_again(runs: Runs, roster: Roster) -> None:
    for name in ("one", "two", "three"):
        runs.add(name)
    run = runs.by_key[Key(NAMESPACE, "two")]
    runs.put(run.model_copy(update={"status": TaskRunStatus(phase=Phase.FAILED)}))
    cancellation = Cancellation(roster, runs)
    await roster.ready()

    cancelling = asyncio.create_task(cancellation.cancel(Filters(), 10))
    await until(lambda: runs.calls.count["request_cancel"] == 2)
    for name in ("one", "three"):
        key = Key(NAMESPACE, name)
        runs.tell(Change(key, runs.by_key[key]))
    first = await cancelling
    second = await cancellation.cancel(Filters(), 10)

    assert sorted(first.ids) == ["one", "three"]
    assert list(second.ids) == []
    assert runs.calls.count["request_cancel"] == 2


async def test_runs_with_more_labels_than_an_entry_holds_are_cancelled_by_what_they_have(
    runs: Runs, roster: Roster
) -> None:
    """In some steps, each of which says truly whether there is another."""
    many = {f"label-{number}": "x" for number in range(30)}
    for number in range(6):
        made = a_run().named(f"run-{number}").in_namespace(NAMESPACE)
        labels = many | {"team": "vision" if number in (1, 4) else "speech"}
        metadata = made.metadata.model_copy(update={"labels": labels})
        runs.put(made.model_copy(update={"metadata": metadata}))
    await roster.ready()
    wanted = Filters(labels={"team": "vision"})

    async def step(number: int) -> tuple[list[str], bool]:
        cancelling = asyncio.create_task(Cancellation(roster, runs).cancel(wanted, 1))
        await until(lambda: runs.calls.count["request_cancel"] == number)
        for key, run in runs.by_key.items():
            runs.tell(Change(key, run))
        cancelled = await cancelling
        return list(cancelled.ids), cancelled.more

    assert [await step(1), await step(2)] == [(["run-4"], True), (["run-1"], False)]


async def test_a_run_that_was_deleted_meanwhile_does_not_hinder_a_cancel(
    runs: Runs, roster: Roster
) -> None:
    runs.add("one")
    runs.add("two")
    runs.calls.fail("request_cancel", Missing("it is gone"))

    await roster.ready()
    cancelling = asyncio.create_task(Cancellation(roster, runs).cancel(Filters(), 10))
    await until(lambda: runs.calls.count["request_cancel"] == 2)
    for key, run in runs.by_key.items():
        runs.tell(Change(key, run))

    assert len((await cancelling).ids) == 1


async def test_who_waits_for_the_first_listing_is_told_when_the_process_ends(
    runs: Runs, roster: Roster
) -> None:
    runs.calls.hold("runs")
    asking = asyncio.create_task(roster.ready())
    await until(lambda: runs.calls.count["runs"])

    await roster.close()

    for waiting in (asking, roster.ready()):
        with pytest.raises(Unavailable, match="about to end"):
            await asyncio.wait_for(waiting, 5)


async def test_where_one_cannot_be_cancelled_the_others_are_not_asked_after_the_answer(
    runs: Runs, roster: Roster
) -> None:
    """While the API server is away each would wait for its time-out, long after the answer."""
    for number in range(100):
        runs.add(f"run-{number}")
    runs.calls.fail("request_cancel", Unavailable("away"))

    answers = runs.calls.hold("request_cancel")
    cancelling = asyncio.create_task(Cancellation(roster, runs).cancel(Filters(), 100))
    await until(lambda: runs.calls.count["request_cancel"] == 8)
    answers.set()
    with pytest.raises(Unavailable):
        await cancelling
    asked = runs.calls.count["request_cancel"]
    await asyncio.sleep(0.05)  # in which no other may begin

    assert runs.calls.count["request_cancel"] == asked < 100
