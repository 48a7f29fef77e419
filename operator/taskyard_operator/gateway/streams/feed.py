"""Reads what attempts leave, for all who follow them: one look serves them all, and none is made for nobody."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from taskyard_operator.core.keys import log_key, outputs_key, progress_key
from taskyard_operator.pauses import jittered
from taskyard_operator.ports import FoundEnd, Key, Missing, ObjectStore, PortError

logger = logging.getLogger(__name__)

_READS = 16
"""Most reads of the store at the same time, of all who follow."""
_LARGE = 8
"""Most outputs of several MiB in memory at the same time."""
_SLOWER = 1.5
"""Each look that finds nothing new makes the next pause longer by this factor."""
_SLOWEST = 8.0
"""The longest pause, as a multiple of the shortest."""


class Stream(StrEnum):
    """One of the objects that grow while an attempt runs."""

    PROGRESS = "progress"
    OUTPUTS = "outputs"
    LOG = "log"


_WINDOW_BYTES = {Stream.PROGRESS: 128 * 1024, Stream.OUTPUTS: 16 * 1024, Stream.LOG: 16 * 1024}
"""So much of the end is read with each look: of progress all, which grows no larger than that."""
_KEYS = {Stream.PROGRESS: progress_key, Stream.OUTPUTS: outputs_key, Stream.LOG: log_key}

Look = Mapping[Stream, FoundEnd]
"""What the streams of an attempt held at a time; those that nobody has written to are not in it."""


def next_pause(pause: float, shortest: float, *, news: bool) -> float:
    """Seconds until the next look, after a pause that has or has not brought news."""
    return shortest if news else min(pause * _SLOWER, shortest * _SLOWEST)


class Limits:
    """What all who follow share.

    Attributes:
        reading: held during each read of the store.
        large: held while a large output is read and taken, so that many of them do not fill the memory.
    """

    def __init__(self) -> None:
        self.reading = asyncio.Semaphore(_READS)
        self.large = asyncio.Semaphore(_LARGE)


class Feed:
    """The streams of one attempt.

    Args:
        objects: where they are.
        run: the run of the attempt.
        attempt: its number.
        limits: shared by all feeds.
        poll_seconds: the shortest pause between two looks.
    """

    def __init__(
        self,
        objects: ObjectStore,
        run: Key,
        attempt: int,
        limits: Limits,
        poll_seconds: float,
    ) -> None:
        self.attempt = attempt
        self.large = limits.large
        self._objects = objects
        self._keys = {stream: key_of(*run, attempt) for stream, key_of in _KEYS.items()}
        self._reading = limits.reading
        self._poll_seconds = poll_seconds
        self._wanted: Counter[Stream] = Counter()
        self._wakers: set[Callable[[], None]] = set()
        self._found: dict[Stream, FoundEnd] = {}
        self._under_way: asyncio.Task[Look] | None = None
        self._to_come: asyncio.Task[Look] | None = None
        self._polling: asyncio.Task[None] | None = None

    @contextmanager
    def followed(self, streams: frozenset[Stream], wake: Callable[[], None]) -> Iterator[None]:
        """Look at these streams now and then from now on; `wake` is called when one has changed."""
        self._wanted.update(streams)
        self._wakers.add(wake)
        if self._polling is None and streams:
            self._polling = asyncio.create_task(self._poll(), name="feed")
        try:
            yield
        finally:
            self._wakers.discard(wake)
            self._wanted.subtract(streams)
            if not self._wakers and self._polling:
                self._polling.cancel()
                self._polling = None

    @property
    def latest(self) -> Look:
        """What the last look has found."""
        return self._found

    @property
    def followers(self) -> int:
        """How many there are."""
        return len(self._wakers)

    async def look(self) -> Look:
        """What a look finds that begins now or later, the same one for all who ask meanwhile.

        Raises:
            Unavailable: the store is away.
        """
        if self._to_come is None:
            self._to_come = asyncio.create_task(self._look_after(self._under_way), name="look")
            self._to_come.add_done_callback(_seen)
        return await asyncio.shield(self._to_come)

    async def part(self, stream: Stream, found: FoundEnd, start: int, stop: int) -> bytes:
        """Bytes of a stream as a look has found it.

        Raises:
            Conflict: it has changed since; look again.
            Unavailable: the store is away.
        """
        window = found.size - len(found.body)
        if start >= window:
            return found.body[start - window : stop - window]
        # Outputs only grow. Of a log the middle may go, and the places of all that follows with it.
        tag = None if stream is Stream.OUTPUTS else found.e_tag
        async with self._reading:
            return await self._objects.part(self._keys[stream], start, stop, tag)

    async def _look_after(self, under_way: asyncio.Task[Look] | None) -> Look:
        if under_way is not None:
            await asyncio.wait([under_way])
        self._under_way, self._to_come = self._to_come, None
        before = dict(self._found)
        for stream in [stream for stream, wanted in self._wanted.items() if wanted > 0]:
            await self._read(stream)
        if before != self._found:
            for wake in list(self._wakers):
                wake()
        return dict(self._found)

    async def _read(self, stream: Stream) -> None:
        known = self._found.get(stream)
        tag = known.e_tag if known else None
        try:
            async with self._reading:
                end = await self._objects.end_unless(self._keys[stream], _WINDOW_BYTES[stream], tag)
        except Missing:
            self._found.pop(stream, None)
            return
        if end is not None:
            self._found[stream] = end

    async def _poll(self) -> None:
        pause = self._poll_seconds
        while True:
            await asyncio.sleep(jittered(pause))
            before = dict(self._found)
            try:
                await self.look()
            except PortError as error:
                logger.info("a stream cannot be read for now: %s", error)
            except Exception:
                # A fault of ours with one task must not let its followers wait in vain.
                logger.exception("a stream was not read")
            pause = next_pause(pause, self._poll_seconds, news=before != self._found)


class Feeds:
    """The feeds of all attempts of one namespace that somebody follows.

    Args:
        objects: where the streams are.
        namespace: of the runs.
        poll_seconds: the shortest pause between two looks at an attempt.
    """

    def __init__(self, objects: ObjectStore, namespace: str, poll_seconds: float) -> None:
        self._objects = objects
        self._namespace = namespace
        self._poll_seconds = poll_seconds
        self._limits = Limits()
        self._feeds: dict[tuple[str, int], Feed] = {}

    @contextmanager
    def followed(
        self, run: str, attempt: int, streams: frozenset[Stream], wake: Callable[[], None]
    ) -> Iterator[Feed]:
        """The feed of an attempt, which looks now and then for as long as somebody follows it."""
        name = run, attempt
        feed = self._feeds.get(name)
        if feed is None:
            key = Key(self._namespace, run)
            feed = Feed(self._objects, key, attempt, self._limits, self._poll_seconds)
            self._feeds[name] = feed
        try:
            with feed.followed(streams, wake):
                yield feed
        finally:
            if not feed.followers:
                self._feeds.pop(name, None)


def _seen(look: asyncio.Task[Look]) -> None:
    """Whoever wanted to know of its error may have gone."""
    if not look.cancelled():
        look.exception()
