"""The log of one attempt as text: as it is, its last lines, or as it grows."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from taskyard_operator.gateway.errors import RequestError
from taskyard_operator.gateway.streams.body import BrokenOff
from taskyard_operator.gateway.streams.feed import Feed, Feeds, Stream
from taskyard_operator.gateway.streams.lines import decoded
from taskyard_operator.gateway.streams.live_run import LiveRun, wait_to_try_again
from taskyard_operator.gateway.streams.log_shape import LogShape
from taskyard_operator.gateway.streams.story import is_over
from taskyard_operator.gateway.streams.tail import tail
from taskyard_operator.gateway.streams.telling import log_pieces
from taskyard_operator.ports import Conflict, Missing, PortError

_LOG = frozenset({Stream.LOG})
_QUIET_SECONDS = 60.0
"""Without any news it is looked again after so long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see of a log.

    Args:
        attempt: of which attempt; None for the one that comes next, where there is none yet.
        lines: only so many of the last lines there are now; None for all.
        follow: whether to go on as it grows.
        limit: the most bytes that the last lines may take.
    """

    attempt: int | None
    lines: int | None
    follow: bool
    limit: int


class LogText:
    """One log for one who reads it."""

    def __init__(self, live: LiveRun, feeds: Feeds, wanted: Wanted) -> None:
        self._live = live
        self._feeds = feeds
        self._wanted = wanted
        self._lines = wanted.lines
        self._offset = 0
        self._done = False

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """First an empty piece, once it is sure that there is a log or may be one; then all of it.

        Raises:
            Missing: the attempt is over and has left none; before the first piece.
            BrokenOff: this process ends, or the task is gone, before the log is whole.
        """
        with self._live.followed():
            attempt = self._wanted.attempt
            if attempt is None:
                yield b""
                attempt = await self._first_attempt()
                if attempt is None:
                    return
            name, wake = self._live.name, self._live.woken.set
            with self._feeds.followed(name, attempt, _LOG, wake) as feed:
                async with aclosing(self._of(feed, attempt)) as pieces:
                    async for piece in pieces:
                        yield piece

    async def _first_attempt(self) -> int | None:
        """The number of the first attempt, once there is one; None where nobody waits for it."""
        while self._wanted.follow and not self._live.run.status.terminal:
            if self._live.run.status.attempt:
                return self._live.run.status.attempt
            await self._wait()
        return None

    async def _of(self, feed: Feed, attempt: int) -> AsyncGenerator[bytes, None]:
        if Stream.LOG not in await feed.look() and is_over(self._live.run, attempt):
            raise Missing(f"attempt {attempt} has left no log")
        yield b""
        failures, changed = 0, False
        while not self._done:
            try:
                anew = changed or failures > 0
                async with aclosing(self._news(feed, attempt, anew=anew)) as pieces:
                    async for piece in pieces:
                        yield piece
                if not self._done:
                    await self._wait()
                failures, changed = 0, False
            except Conflict:
                changed = True
            except PortError as error:
                if not self._wanted.follow:
                    raise BrokenOff from error
                failures += 1
                await wait_to_try_again(failures)

    async def _news(self, feed: Feed, attempt: int, *, anew: bool) -> AsyncGenerator[bytes, None]:
        """What was not told yet, and whether that was the last of it."""
        over = is_over(self._live.run, attempt)
        done = over or not self._wanted.follow
        found = (await feed.look() if anew or over else feed.latest).get(Stream.LOG)
        if found is not None:
            shape = LogShape.of(found.size, found.body)
            if self._lines is not None:
                end = await tail(feed, found, self._lines, self._wanted.limit)
                text, used = decoded(end, closed=over)
                self._offset = shape.written - (len(end) - used)
                yield text.encode()
            async with aclosing(log_pieces(feed, found, self._offset, whole=over)) as pieces:
                async for text, self._offset in pieces:
                    yield text.encode()
            if done and self._wanted.lines is None:
                yield found.body[len(found.body) - shape.last_line :]
        self._lines = None
        self._done = done

    async def _wait(self) -> None:
        """Wait until there may be something new."""
        await self._live.pause(_QUIET_SECONDS)
        if self._live.closed:
            raise BrokenOff
        try:
            await self._live.refresh()
        except RequestError as error:
            raise BrokenOff from error
