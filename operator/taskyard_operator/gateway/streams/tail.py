"""The last lines of a log, without reading more of it than they take."""

from taskyard_operator.gateway.streams.feed import Feed, Stream
from taskyard_operator.ports import FoundEnd

_FIRST_BYTES = 16 * 1024


def last_lines(end: bytes, lines: int, *, whole: bool) -> bytes | None:
    """The last lines of a text of which `end` is the end; None where more of it must be known.

    What follows on the last line end is a line as well.
    """
    at = len(end) - 1 if end.endswith(b"\n") else len(end)
    for _ in range(lines):
        at = end.rfind(b"\n", 0, at)
        if at < 0:
            return end if whole else None
    return end[at + 1 :] if lines else b""


async def tail(feed: Feed, found: FoundEnd, lines: int, limit: int) -> bytes:
    """The last lines of a log, as far as its last `limit` bytes hold them whole.

    Raises:
        Conflict: it has changed since it was found.
        Unavailable: the store is away.
    """
    size = _FIRST_BYTES
    while True:
        size = min(size, limit, found.size)
        end = await feed.part(Stream.LOG, found, found.size - size, found.size)
        text = last_lines(end, lines, whole=size == found.size)
        if text is not None:
            return text
        if size == limit:
            return end[end.find(b"\n") + 1 :]
        size *= 4
