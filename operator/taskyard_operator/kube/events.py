"""What a watch tells, one event after the other, from a body that goes on for as long as the watch."""

from collections.abc import AsyncIterator

import aiohttp

from taskyard_operator.kube.answers import Json, object_in
from taskyard_operator.kube.encoded import MEDIA_TYPE, decoded_event
from taskyard_operator.ports import Unanswered

_LENGTH_BYTES = 4


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[Json]:
    """The events of a watch: `{"type", "object"}` each. An answer as protobuf has only what is read of objects.

    Raises:
        Unanswered: this is no answer of an API server.
    """
    if answer.content_type == MEDIA_TYPE:
        async for frame in _frames(answer.content):
            yield _event_in(frame)
    else:
        async for line in _lines(answer.content):
            yield object_in(line)


async def _lines(body: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a body, of any length: aiohttp's own reader refuses long ones."""
    begun = bytearray()
    async for chunk in body.iter_any():
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield bytes(begun) + line
            begun.clear()
        begun += rest


async def _frames(body: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The parts of a body, each of which comes after its length."""
    begun = bytearray()
    async for chunk in body.iter_any():
        begun += chunk
        while len(begun) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(begun[:_LENGTH_BYTES])
            if len(begun) < end:
                break
            yield bytes(begun[_LENGTH_BYTES:end])
            del begun[:end]


def _event_in(frame: bytes) -> Json:
    try:
        return decoded_event(frame)
    except (ValueError, LookupError) as error:
        raise Unanswered(f"the answer is none of an API server: {frame[:80]!r}") from error
