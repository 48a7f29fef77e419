"""One SQLite file with the runs of this machine: durable, versioned, written by one thread."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from taskyard_operator.ports import Rejected, Unavailable

T = TypeVar("T")
_Work = tuple[Callable[[sqlite3.Connection], Any], Future[Any]]

MIGRATIONS = (
    """
    CREATE TABLE runs (
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        object TEXT NOT NULL,
        PRIMARY KEY (namespace, name)
    ) WITHOUT ROWID;
    CREATE TABLE last_version (number INTEGER NOT NULL);
    INSERT INTO last_version VALUES (0);
    """,
)
"""What makes each version of the schema of the one before; never changed once it was released."""

_BUSY_SECONDS = 5.0
"""How long a lock is waited for that somebody who looks into the file may hold."""


class Database:
    """A SQLite file in WAL mode.

    All work is done by one thread: so there is one writer, and nobody meets a lock. `PRAGMA
    synchronous=FULL` puts a run on the disk before its id is given out; what was asked for meanwhile goes
    to the disk together, since that takes far longer than the work.
    """

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread
        self._asked: deque[_Work] = deque()

    @classmethod
    async def open(cls, file: Path) -> Self:
        """Open the file, which is made where there is none, and bring its schema up to date.

        Raises:
            Rejected: a newer release of Taskyard has written it, or it is no such file.
        """
        thread = ThreadPoolExecutor(1, "database")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, _opened, file)
        except sqlite3.DatabaseError as error:
            thread.shutdown()
            raise Rejected(f"{file} cannot be used as the database: {error}") from error
        except BaseException:
            thread.shutdown()
            raise
        return cls(connection, thread)

    async def ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work, and put it on the disk: all of it or, where it raises, nothing.

        Raises:
            Unavailable: the file could not be read or written; the disk may be full.
        """
        outcome: Future[T] = Future()
        self._asked.append((work, outcome))
        self._thread.submit(self._do_what_was_asked)
        try:
            # Shielded: whoever stops waiting must not leave a half-done transaction unobserved.
            return await asyncio.shield(asyncio.wrap_future(outcome))
        except sqlite3.Error as error:
            raise Unavailable(f"the database did not answer: {error}") from error

    def _do_what_was_asked(self) -> None:
        """Do all that has gathered, as one transaction; an earlier call may have done it."""
        together = [self._asked.popleft() for _ in range(len(self._asked))]
        if not together:
            return
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                tell = [_done(self._connection, *asked) for asked in together]
        except BaseException as error:
            tell = [partial(outcome.set_exception, error) for _, outcome in together]
        for told in tell:
            told()

    async def close(self) -> None:
        """Finish what is under way, and close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()


def _done(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any], outcome: Future[Any]
) -> Callable[[], None]:
    """Do some work within a transaction; returns what tells of it, once that is on the disk."""
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except Exception as error:
        connection.execute("ROLLBACK TO work")
        return partial(outcome.set_exception, error)
    finally:
        connection.execute("RELEASE work")
    return partial(outcome.set_result, result)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        _migrate(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise Rejected(
            f"{file} was written by a newer release of Taskyard (schema {version}, and this one "
            f"knows {len(MIGRATIONS)}); upgrade, or give another --data"
        )
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {statements} PRAGMA user_version={number}; COMMIT;")
