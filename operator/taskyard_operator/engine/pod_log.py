"""Saving the log of an attempt of which no report was read: its runner was killed, or never there.

Where there is no log to be had any more, the runner may have stored it before it was gone. Best effort:
the end of a run waits some seconds for it, and never hangs on it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.breaker import Breaker
from taskyard_operator.core.keys import log_key
from taskyard_operator.core.log_end import END_BYTES, what_follows
from taskyard_operator.engine.clock import Clock
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.ports import Launcher, Missing, ObjectStore, PortError, Unavailable

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 5
"""Longest wait for a log, and for the store to take it."""


class PodLogs:
    """Takes logs from a launcher to the object store.

    Who keeps a log may be a node that does not answer. Then only one try at a time waits for it: many
    attempts may have ended with that node.
    """

    def __init__(self, launcher: Launcher, store: StoreGuard, clock: Clock) -> None:
        self._launcher = launcher
        self._store = store
        self._clock = clock
        self._breaker = Breaker()

    async def saved(self, run: TaskRun, attempt: Attempt) -> Attempt:
        """The attempt, with its log in the store if it was to be put there and could be."""
        ending = attempt.ending
        if ending is None or ending.log_of is None:
            return attempt
        stored = await self._save(run, attempt)
        return replace(attempt, ending=replace(ending, log_of=None, log_stored=stored))

    async def _save(self, run: TaskRun, attempt: Attempt) -> bool:
        metadata = run.metadata
        key = log_key(metadata.namespace, metadata.name, attempt.number)
        try:
            log = await self._read(run, attempt)
            if log:
                await self._store.ask(lambda store: _put(store, key, log), PATIENCE_SECONDS)
            return bool(log)
        except PortError as error:
            logger.info("%s: its log could not be saved: %s", attempt.job, error)
            return await self._is_there(key)

    async def _is_there(self, key: str) -> bool:
        """Whether the runner has stored it."""
        try:
            await self._store.ask(lambda store: store.look_up(key), PATIENCE_SECONDS)
        except PortError:
            return False
        return True

    async def _read(self, run: TaskRun, attempt: Attempt) -> bytes:
        if not self._breaker.lets_pass(self._clock()):
            raise Unavailable("a log could not be read a moment ago")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                log = await self._launcher.log(run, attempt)
        except TimeoutError as error:
            self._breaker.failed(self._clock())
            raise Unavailable(f"reading it took more than {PATIENCE_SECONDS} s") from error
        except Unavailable:
            self._breaker.failed(self._clock())
            raise
        except PortError:
            self._breaker.succeeded()  # That there is none is an answer, too.
            raise
        self._breaker.succeeded()
        return log


async def _put(store: ObjectStore, key: str, log: bytes) -> None:
    """Store the end of a pod's log, behind what its runner has stored of the beginning, if that is more."""
    try:
        stored = await store.look_up(key)
    except Missing:
        stored = None
    if stored is None or stored.size <= len(log):
        await store.put_bytes(key, log)
        return
    rest = what_follows(await store.get_end(key, END_BYTES), log)
    if rest:
        await store.put(key, _followed(store.get(key), rest))


async def _followed(body: AsyncIterator[bytes], rest: bytes) -> AsyncIterator[bytes]:
    async for chunk in body:
        yield chunk
    yield rest
