"""The `RunStore` port on a SQLite file, with the rules that the API server has for these objects."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4
from weakref import WeakValueDictionary

from pydantic import ValidationError

from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.local.database import Database
from taskyard_operator.ports import Change, Conflict, Key, Missing, Rejected
from taskyard_operator.reading import if_readable, unreadable

_AT_A_TIME = 200
"""So many runs are read together, where one after the other is asked for."""
_SELECT = "SELECT namespace, name, object FROM runs"
_Stored = tuple[str, str, str]
Listener = Callable[[Change], None]
"""Told of each change, after it was stored."""


class LocalRunStore:
    """TaskRuns in a database; the services are those that this server was started with."""

    def __init__(self, database: Database, services: Sequence[TaskService]) -> None:
        self._database = database
        self._services = services
        self._listeners: set[Listener] = set()
        # What somebody holds anyway, as the engine does all that has not ended, need not be read again.
        self._held: WeakValueDictionary[Key, TaskRun] = WeakValueDictionary()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell of each change from now on, until what is returned is called."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    async def runs(self, namespace: str | None) -> Sequence[TaskRun]:
        """The runs of a namespace; see `RunStore.runs`."""
        question = f"{_SELECT} WHERE ?1 IS NULL OR namespace = ?1 ORDER BY name"

        def select(connection: sqlite3.Connection) -> list[_Stored]:
            return connection.execute(question, (namespace,)).fetchall()

        return [
            run
            for stored in await self._database.ask(select)
            if (run := if_readable(partial(_read, *stored)))
        ]

    async def each_run(self, namespace: str) -> AsyncIterator[TaskRun]:
        """The runs of a namespace; see `WatchedRuns.each_run`."""
        last = ""
        while some := await self._database.ask(
            partial(_select_some, namespace=namespace, after=last)
        ):
            for stored in some:
                if run := if_readable(partial(_read, *stored)):
                    yield run
            _, last, _ = stored

    async def services(self, namespace: str | None) -> Sequence[TaskService]:
        """The services of a namespace; see `RunStore.services`."""
        return [one for one in self._services if namespace in (None, one.metadata.namespace)]

    async def run(self, namespace: str, name: str) -> TaskRun:
        """One run; see `RunStore.run`."""
        key = Key(namespace, name)
        if held := self._held.get(key):
            return held
        return await self._database.ask(lambda connection: _select(connection, key))

    async def create(self, run: TaskRun) -> TaskRun:
        """Store a new run; see `RunStore.create`."""

        def insert(connection: sqlite3.Connection) -> TaskRun:
            made = {
                "uid": str(uuid4()),
                "generation": 1,
                "creation_timestamp": datetime.now(UTC),
            }
            new = run.model_copy(update={"metadata": run.metadata.model_copy(update=made)})
            new = _with_new_version(connection, new)
            try:
                return _written(connection, "INSERT", new)
            except sqlite3.IntegrityError:
                raise Conflict(f"there is a TaskRun {run.metadata.name} already") from None

        return await self._change(insert)

    async def request_cancel(self, run: TaskRun) -> TaskRun:
        """Ask for the end of a run; see `RunStore.request_cancel`."""

        def update(connection: sqlite3.Connection) -> TaskRun:
            known = _select(connection, Key.of(run))
            if known.spec.cancel:
                return known
            spec = known.spec.model_copy(update={"cancel": True})
            generation = {"generation": known.metadata.generation + 1}
            metadata = known.metadata.model_copy(update=generation)
            return _replace(
                connection, known.model_copy(update={"spec": spec, "metadata": metadata})
            )

        return await self._change(update)

    async def write_status(self, run: TaskRun, status: TaskRunStatus) -> TaskRun:
        """Write a status; see `RunStore.write_status`."""

        def update(connection: sqlite3.Connection) -> TaskRun:
            known = _select(connection, Key.of(run))
            if known.metadata.resource_version != run.metadata.resource_version:
                raise Conflict(f"TaskRun {run.metadata.name} has changed since it was read")
            if known.status.terminal and status.phase != known.status.phase:
                raise Rejected("a finished run stays as it ended")
            return _replace(connection, known.model_copy(update={"status": status}))

        return await self._change(update)

    async def delete(self, run: TaskRun) -> None:
        """Delete a run; see `RunStore.delete`."""
        key = Key.of(run)

        def remove(connection: sqlite3.Connection) -> bool:
            try:
                known = _select(connection, key)
            except Missing:
                return False
            if known.metadata.uid != run.metadata.uid:
                return False
            connection.execute("DELETE FROM runs WHERE namespace = ? AND name = ?", key)
            return True

        async def removed_and_told() -> None:
            if await self._database.ask(remove):
                self._held.pop(key, None)
                self._tell(Change(key, None))

        await asyncio.shield(asyncio.ensure_future(removed_and_told()))

    async def watch(self, namespace: str) -> AsyncGenerator[Change]:
        """What changes of the runs of a namespace; see `WatchedRuns.watch`."""
        changes = self._changes(namespace)
        await anext(changes)  # It listens now; one that was not begun would not hear of its close.
        return changes

    async def _changes(self, namespace: str) -> AsyncGenerator[Change]:
        heard: asyncio.Queue[Change] = asyncio.Queue()
        stop = self.listen(heard.put_nowait)
        try:
            yield Change(Key(namespace, ""), None)  # for `watch`, which comes as far as this
            while True:
                change = await heard.get()
                if change.key.namespace == namespace:
                    yield change
        finally:
            stop()

    async def _change(self, work: Callable[[sqlite3.Connection], TaskRun]) -> TaskRun:
        """Store a change of a run, and tell of it: also where nobody waits for that any more."""

        async def stored_and_told() -> TaskRun:
            run = await self._database.ask(work)
            self._held[Key.of(run)] = run
            self._tell(Change(Key.of(run), run))
            return run

        return await asyncio.shield(asyncio.ensure_future(stored_and_told()))

    def _tell(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)


def _select(connection: sqlite3.Connection, key: Key) -> TaskRun:
    stored: _Stored | None = connection.execute(
        f"{_SELECT} WHERE namespace = ? AND name = ?", key
    ).fetchone()
    if stored is None:
        raise Missing(f"there is no TaskRun {key.name} in namespace {key.namespace}")
    return _read(*stored)


def _select_some(connection: sqlite3.Connection, namespace: str, after: str) -> list[_Stored]:
    return connection.execute(
        f"{_SELECT} WHERE namespace = ? AND name > ? ORDER BY name LIMIT ?",
        (namespace, after, _AT_A_TIME),
    ).fetchall()


def _replace(connection: sqlite3.Connection, run: TaskRun) -> TaskRun:
    return _written(connection, "REPLACE", _with_new_version(connection, run))


def _written(connection: sqlite3.Connection, verb: str, run: TaskRun) -> TaskRun:
    """Write a run; returns it as it will be read, with times in whole seconds: nobody is told more."""
    namespace, name, _, text = row = _row(run)
    connection.execute(f"{verb} INTO runs VALUES (?, ?, ?, ?)", row)
    return _read(namespace, name, text)


def _with_new_version(connection: sqlite3.Connection, run: TaskRun) -> TaskRun:
    """Versions grow over all runs, as an API server's do."""
    (number,) = connection.execute(
        "UPDATE last_version SET number = number + 1 RETURNING number"
    ).fetchone()
    metadata = run.metadata.model_copy(update={"resource_version": str(number)})
    return run.model_copy(update={"metadata": metadata})


def _row(run: TaskRun) -> tuple[str, str, int, str]:
    metadata = run.metadata
    text = run.model_dump_json(by_alias=True, exclude_none=True)
    return metadata.namespace, metadata.name, int(metadata.resource_version), text


def _read(namespace: str, name: str, text: str) -> TaskRun:
    try:
        return TaskRun.model_validate_json(text)
    except ValidationError as error:
        statement = f"DELETE FROM runs WHERE name = '{name}'"  # noqa: S608 - it is for people
        raise unreadable(
            f"TaskRun {namespace}/{name}",
            error,
            "Serve this data with the release of Taskyard that has stored it, or remove it with "
            f'`sqlite3 runs.db "{statement}"` in the folder of `--data`',
        ) from error
