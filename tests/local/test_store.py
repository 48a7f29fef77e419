"""The runs in a database keep to what the API server does with them."""

import asyncio
import gc
import re
import sqlite3
import weakref
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.local import store as module
from taskyard_operator.local.database import MIGRATIONS, Database
from taskyard_operator.local.store import LocalRunStore
from taskyard_operator.ports import Change, Conflict, Key, Missing, Rejected, Unreadable

KEY = Key("local", "call-1")
OF_A_NEWER_RELEASE = (
    "UPDATE runs SET object = json_set(object, '$.status.phase', 'Paused') WHERE name = ?"
)
"""What makes a run one that this version cannot read."""


def new_run(name: str = KEY.name) -> TaskRun:
    spec = TaskRunSpec(service="lab", task="shout", input=TaskInput(inline={"text": "x"}))
    metadata = Metadata(name=name, namespace=KEY.namespace, labels={"team": "vision"})
    return TaskRun(metadata=metadata, spec=spec)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "runs.db")
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> LocalRunStore:
    return LocalRunStore(database, [])


async def test_a_run_is_kept_with_what_a_server_adds_to_it(store: LocalRunStore) -> None:
    made = await store.create(new_run())

    assert made.metadata.uid
    assert made.metadata.generation == 1
    assert made.metadata.creation_timestamp
    assert made.metadata.labels == {"team": "vision"}
    read = await store.run(*KEY)
    assert read.metadata.resource_version == made.metadata.resource_version
    assert read.spec == made.spec


async def test_what_is_told_of_a_run_is_what_is_read_of_it(store: LocalRunStore) -> None:
    told: list[Change] = []
    store.listen(told.append)

    made = await store.create(new_run())
    assert made == told[-1].run == await store.run(*KEY)

    status = TaskRunStatus(phase=Phase.SUCCEEDED, finished_at=datetime.now(UTC))
    changed = await store.write_status(made, status)
    assert changed == told[-1].run == await store.run(*KEY)


async def test_a_name_is_given_once(store: LocalRunStore) -> None:
    await store.create(new_run())

    with pytest.raises(Conflict, match="there is a TaskRun call-1 already"):
        await store.create(new_run())


async def test_what_is_not_there_is_missing(store: LocalRunStore) -> None:
    with pytest.raises(Missing, match="no TaskRun call-1"):
        await store.run(*KEY)


async def test_a_status_is_written_to_the_version_it_was_decided_on(store: LocalRunStore) -> None:
    read = await store.create(new_run())
    running = await store.write_status(read, TaskRunStatus(phase=Phase.RUNNING))

    with pytest.raises(Conflict, match="has changed since it was read"):
        await store.write_status(read, TaskRunStatus(phase=Phase.FAILED))
    ended = await store.write_status(running, TaskRunStatus(phase=Phase.SUCCEEDED))
    assert int(ended.metadata.resource_version) > int(running.metadata.resource_version)
    assert (await store.run(*KEY)).phase == Phase.SUCCEEDED


async def test_a_run_that_has_ended_stays_as_it_ended(store: LocalRunStore) -> None:
    run = await store.create(new_run())
    ended = await store.write_status(run, TaskRunStatus(phase=Phase.SUCCEEDED))

    with pytest.raises(Rejected, match="stays as it ended"):
        await store.write_status(ended, TaskRunStatus(phase=Phase.FAILED))


async def test_a_cancel_is_asked_for_once(store: LocalRunStore) -> None:
    run = await store.create(new_run())

    first = await store.request_cancel(run)
    second = await store.request_cancel(run)

    assert first.spec.cancel
    assert first.metadata.generation == 2
    assert second == first


async def test_only_the_very_run_is_deleted(store: LocalRunStore) -> None:
    first = await store.create(new_run())
    await store.delete(first)
    second = await store.create(new_run())

    await store.delete(first)

    assert (await store.run(*KEY)).metadata.uid == second.metadata.uid
    await store.delete(second)
    await store.delete(second)
    assert await store.runs(None) == []


async def test_changes_are_told_in_order_to_who_watches_their_namespace(
    store: LocalRunStore,
) -> None:
    changes = await store.watch(KEY.namespace)
    elsewhere = await store.watch("elsewhere")

    run = await store.create(new_run())
    cancelled = await store.request_cancel(run)
    await store.delete(cancelled)

    assert [await anext(changes) for _ in range(3)] == [
        Change(KEY, run),
        Change(KEY, cancelled),
        Change(KEY, None),
    ]
    await changes.aclose()
    await elsewhere.aclose()


async def test_a_change_is_told_though_nobody_waits_for_it_any_more(store: LocalRunStore) -> None:
    told: asyncio.Queue[Change] = asyncio.Queue()
    store.listen(told.put_nowait)

    caller = asyncio.create_task(store.create(new_run()))
    await asyncio.sleep(0)  # it has asked for it now
    caller.cancel()

    change = await asyncio.wait_for(told.get(), 10)
    assert change.key == KEY
    assert (await store.run(*KEY)).metadata.uid


async def test_a_run_is_read_as_it_stands_whoever_still_holds_what_it_was(
    store: LocalRunStore,
) -> None:
    was = await store.create(new_run())

    asked = await store.request_cancel(was)
    assert (await store.run(*KEY)).spec.cancel
    await store.delete(asked)

    with pytest.raises(Missing):
        await store.run(*KEY)


async def test_nothing_is_kept_for_who_stops_watching_before_the_first_change(
    store: LocalRunStore,
) -> None:
    changes = await store.watch(KEY.namespace)
    await changes.aclose()

    made = weakref.ref(await store.create(new_run()))
    await store.runs(None)  # so that the database is done with what it made

    gc.collect()
    assert made() is None


async def test_runs_come_one_by_one_however_many_there_are(
    store: LocalRunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_A_TIME", 3)
    names = [f"call-{number}" for number in range(7)]
    for name in reversed(names):
        await store.create(new_run(name))

    assert [run.metadata.name async for run in store.each_run(KEY.namespace)] == names
    assert [run async for run in store.each_run("elsewhere")] == []


async def test_a_run_of_a_newer_release_hides_no_other(
    store: LocalRunStore,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "_AT_A_TIME", 1)
    for name in ["call-1", "call-2", "call-3"]:
        await store.create(new_run(name))
    await database.ask(lambda connection: connection.execute(OF_A_NEWER_RELEASE, ["call-2"]))

    assert [run.metadata.name for run in await store.runs(None)] == ["call-1", "call-3"]
    assert [run.metadata.name async for run in store.each_run(KEY.namespace)] == [
        "call-1",
        "call-3",
    ]
    assert caplog.text.count("passed over: this version cannot read TaskRun local/call-2") == 2


async def test_of_a_run_that_cannot_be_read_it_is_said_how_to_be_rid_of_it(
    store: LocalRunStore, database: Database
) -> None:
    await store.create(new_run())
    await database.ask(lambda connection: connection.execute(OF_A_NEWER_RELEASE, [KEY.name]))

    with pytest.raises(Unreadable, match=r"local/call-1: status\.phase:") as said:
        await store.run(*KEY)

    (remedy,) = re.findall('`sqlite3 runs.db "(.*)"`', str(said.value))
    await database.ask(lambda connection: connection.execute(remedy))
    with pytest.raises(Missing):
        await store.run(*KEY)


async def test_runs_are_there_after_the_database_was_opened_again(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "runs.db")
    run = await LocalRunStore(database, []).create(new_run())
    await database.close()

    again = await Database.open(tmp_path / "runs.db")
    store = LocalRunStore(again, [])
    assert [known.metadata.uid for known in await store.runs(None)] == [run.metadata.uid]
    later = await store.create(new_run("call-2"))
    assert int(later.metadata.resource_version) > int(run.metadata.resource_version)
    await again.close()


async def test_a_database_of_a_newer_release_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.close()

    with pytest.raises(Rejected, match="written by a newer release of Taskyard"):
        await Database.open(file)


async def test_a_file_that_is_no_database_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_text("something else, and long enough to be looked at " * 40)

    with pytest.raises(Rejected, match="cannot be used as the database"):
        await Database.open(tmp_path / "runs.db")


async def test_work_that_fails_changes_nothing(database: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE last_version SET number = 99")
        raise Missing("it went wrong")

    with pytest.raises(Missing):
        await database.ask(half)

    count = await database.ask(
        lambda connection: connection.execute("SELECT number FROM last_version").fetchone()
    )
    assert count == (0,)


async def test_work_that_fails_takes_nothing_with_it_that_was_done_together_with_it(
    store: LocalRunStore, database: Database
) -> None:
    statements: list[str] = []
    await database.ask(lambda connection: connection.set_trace_callback(statements.append))
    names = [f"call-{number}" for number in range(20)]

    asked = [store.create(new_run(name)) for name in [*names, *names[:5]]]
    made = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(run, Conflict) for run in made) == 5
    assert [run.metadata.name for run in await store.runs(None)] == sorted(names)
    assert statements.count("COMMIT") < 10, "they go to the disk together"
