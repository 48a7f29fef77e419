"""What is new of an attempt since a position, as events: each leads on to the position after it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, nullcontext
from dataclasses import replace

from taskyard.api.runner import MAX_OUTPUT_BYTES
from taskyard_operator.gateway.streams.event import Event, EventName, as_json
from taskyard_operator.gateway.streams.feed import Feed, Look, Stream
from taskyard_operator.gateway.streams.lines import (
    PlacedOutput,
    decoded,
    outputs_in,
    progress_since,
)
from taskyard_operator.gateway.streams.log_shape import Gap, LogShape
from taskyard_operator.gateway.streams.position import Position
from taskyard_operator.ports import FoundEnd

PIECE_BYTES = 64 * 1024
"""So much of a stream is held and told at once."""

STREAM_OF: Mapping[EventName, Stream] = {
    EventName.PROGRESS: Stream.PROGRESS,
    EventName.OUTPUT: Stream.OUTPUTS,
    EventName.LOG: Stream.LOG,
}


async def news(
    feed: Feed, look: Look, position: Position, streams: frozenset[Stream], *, whole: bool
) -> AsyncGenerator[Event, None]:
    """What a look shows beyond a position; `whole` where nothing will follow on it.

    Raises:
        Conflict: a stream has changed since the look; go on with another one.
        Unavailable: the store is away.
    """
    for stream in (Stream.PROGRESS, Stream.OUTPUTS, Stream.LOG):
        found = look.get(stream)
        if found is None or stream not in streams:
            continue
        if stream is Stream.PROGRESS:
            events = _progress(found, position)
        elif stream is Stream.OUTPUTS:
            events = _outputs(feed, found, position)
        else:
            events = _log(feed, found, position, whole=whole)
        async for event in events:
            yield event
            position = event.position


async def _progress(found: FoundEnd, position: Position) -> AsyncGenerator[Event, None]:
    for line in progress_since(position.progress, found.body):
        position = replace(position, progress=line.place)
        data = {"attempt": position.attempt, **line.model_dump(mode="json")}
        yield Event(EventName.PROGRESS, as_json(data), position)


async def _outputs(feed: Feed, found: FoundEnd, position: Position) -> AsyncGenerator[Event, None]:
    async with aclosing(outputs_of(feed, found, position.outputs)) as outputs:
        async for document, place in outputs:
            position = replace(position, outputs=place)
            yield Event(EventName.OUTPUT, document, position)


async def outputs_of(feed: Feed, found: FoundEnd, start: int) -> AsyncGenerator[PlacedOutput, None]:
    """The outputs of an attempt after some bytes of their stream."""
    length = PIECE_BYTES
    while start < found.size:
        stop = min(start + length, found.size)
        async with feed.large if length > PIECE_BYTES else nullcontext():
            body = await feed.part(Stream.OUTPUTS, found, start, stop)
            for output in outputs_in(body, start, feed.attempt):
                yield output
            end = start + body.rfind(b"\n") + 1
        if end > start:
            start, length = end, PIECE_BYTES
        elif stop == found.size:
            return
        elif length < MAX_OUTPUT_BYTES:
            length *= 2
        else:
            start = stop  # No runner has written that.


async def _log(
    feed: Feed, found: FoundEnd, position: Position, *, whole: bool
) -> AsyncGenerator[Event, None]:
    async for piece, offset in log_pieces(feed, found, position.log, whole=whole):
        position = replace(position, log=offset)
        data = as_json({"attempt": position.attempt, "text": piece})
        yield Event(EventName.LOG, data, position)


async def log_pieces(
    feed: Feed, found: FoundEnd, offset: int, *, whole: bool
) -> AsyncGenerator[tuple[str, int], None]:
    """What a log holds after some bytes as written, in pieces; and where each of them ends."""
    shape = LogShape.of(found.size, found.body)
    while part := shape.after(offset, PIECE_BYTES):
        if isinstance(part, Gap):
            offset = part.offset
            yield part.text.decode(), offset
            continue
        data = await feed.part(Stream.LOG, found, part.start, part.stop)
        last = offset + len(data) >= shape.written
        text, used = decoded(data, closed=part.closed or (whole and last))
        offset += used
        if text:
            yield text, offset
        if not used:
            return
