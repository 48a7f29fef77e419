"""Follows one task from a position on, to its end."""

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack, aclosing
from typing import Any

from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.errors import RequestError
from taskyard_operator.gateway.streams.event import Event, EventName, as_json
from taskyard_operator.gateway.streams.feed import Feed, Feeds, Look
from taskyard_operator.gateway.streams.live_run import LiveRun, wait_to_try_again
from taskyard_operator.gateway.streams.position import Position
from taskyard_operator.gateway.streams.story import End, Read, Tell, Wait, next_step
from taskyard_operator.gateway.streams.telling import STREAM_OF, news
from taskyard_operator.ports import PortError

logger = logging.getLogger(__name__)

Document = Callable[[TaskRun], Mapping[str, Any]]


class Follower:
    """One who follows a task.

    It holds no queue: what is new is found out when the one before it has been taken. So one who takes
    his time costs no memory, and is never behind by more than he has to read.

    Args:
        live: the run.
        position: after which to begin.
        wanted: the kinds of events to tell of; the end is told in any case.
        feeds: where what its attempts leave is read.
        document: tells all of a run that has ended.
        heartbeat: seconds without an event after which None is told.
    """

    def __init__(
        self,
        live: LiveRun,
        position: Position,
        wanted: frozenset[EventName],
        feeds: Feeds,
        document: Document,
        heartbeat: float,
    ) -> None:
        self._live = live
        self._position = position
        self._wanted = wanted
        self._streams = frozenset(STREAM_OF[name] for name in wanted if name in STREAM_OF)
        self._feeds = feeds
        self._document = document
        self._heartbeat = heartbeat
        self._read = 0
        self._feed: tuple[int, Feed] | None = None
        self._following = ExitStack()

    async def events(self) -> AsyncGenerator[Event | None, None]:
        """All there is to tell, as it comes, to the end of the task or of this process."""
        failures = 0
        with self._live.followed(), self._following:
            while not self._live.closed and not self._position.ended:
                try:
                    await self._live.refresh()
                    async with aclosing(self._next()) as events:
                        async for event in events:
                            yield event
                    failures = 0
                except PortError as error:
                    failures += 1
                    logger.info("%s cannot be followed for a moment: %s", self._live.name, error)
                    self._leave()
                    yield None
                    await wait_to_try_again(failures)
                except RequestError as error:  # It is gone, in the middle of its story.
                    fault = {"reason": error.reason, "message": str(error)}
                    yield self._end({"id": self._live.name, "error": fault})

    async def _next(self) -> AsyncGenerator[Event | None, None]:
        step = next_step(self._live.run, self._position, self._read)
        match step:
            case Tell(position, event):
                self._position = position
                if event is not None and event.name in self._wanted:
                    yield event
            case Read(attempt, whole):
                async with aclosing(self._new(attempt, whole=whole)) as events:
                    async for event in events:
                        yield event
            case End():
                yield self._end(self._document(self._live.run))
                return
        all_told = isinstance(step, Wait) or (isinstance(step, Read) and not step.whole)
        if all_told and not await self._live.pause(self._heartbeat):
            yield None

    async def _new(self, attempt: int, *, whole: bool) -> AsyncGenerator[Event, None]:
        """What an attempt has left that was not told; the last of it where it is over."""
        if self._streams:
            feed, look = await self._look(attempt, anew=whole)
            found = news(feed, look, self._position, self._streams, whole=whole)
            async with aclosing(found) as events:
                async for event in events:
                    self._position = event.position
                    yield event
        if whole:
            self._read = attempt

    async def _look(self, attempt: int, *, anew: bool) -> tuple[Feed, Look]:
        if self._feed and self._feed[0] == attempt:
            feed = self._feed[1]
            return feed, await feed.look() if anew else feed.latest
        self._leave()
        name, wake = self._live.name, self._live.woken.set
        followed = self._feeds.followed(name, attempt, self._streams, wake)
        feed = self._following.enter_context(followed)
        self._feed = attempt, feed
        return feed, await feed.look()

    def _leave(self) -> None:
        self._following.close()
        self._feed = None

    def _end(self, data: Mapping[str, Any]) -> Event:
        self._position = self._position.at_the_end()
        return Event(EventName.END, as_json(data), self._position)
