"""Where in a stored log the bytes are that a task has written, of which the middle may be missing.

The runner keeps the beginning and the end of a long log (`taskyard_runtime.log`); while the task runs,
what is kept of the end moves on. What was followed is therefore counted in bytes as they were written.
"""

import re
from dataclasses import dataclass

END_BYTES = 256
"""So much of the end of a log tells its shape: the last line of one that was cut is shorter."""

_CUT = re.compile(
    rb"\n\[taskyard: the log was cut: (\d{1,18}) of its (\d{1,18}) bytes, "
    rb"after the first (\d{1,18}), were not kept\]\n\Z"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that were written and not kept; `text` says so, and `offset` is where it goes on."""

    text: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of the object, from `start` to before `stop`; `closed` where nothing follows on them."""

    start: int
    stop: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class LogShape:
    """A stored log of `size` bytes: `head` bytes, a line that says what is missing, the end, a last line."""

    size: int
    head: int
    missing: int = 0
    last_line: int = 0

    @classmethod
    def of(cls, size: int, end: bytes) -> "LogShape":
        """The shape of a log, of which `end` is the end. A task may print what looks like a cut."""
        whole = cls(size, size)
        found = _CUT.search(end[-END_BYTES:])
        if found is None:
            return whole
        missing, written, head = (int(number) for number in found.groups())
        cut = cls(size, head, missing, len(found[0]))
        return cut if missing and cut.written == written else whole

    @property
    def written(self) -> int:
        """Bytes that the task has written, as far as the object knows of them."""
        return self.missing + self.size - (self._mark if self.missing else 0) - self.last_line

    @property
    def _mark(self) -> int:
        return len(_gap(self.missing))

    def after(self, offset: int, limit: int) -> Gap | Stretch | None:
        """What comes after `offset` bytes as written: a gap, or at most `limit` bytes; None at the end."""
        if offset >= self.written:
            return None
        if offset < self.head:
            stop = min(self.head, offset + limit)
            return Stretch(offset, stop, closed=bool(self.missing) and stop == self.head)
        goes_on = self.head + self.missing
        if offset < goes_on:
            return Gap(_gap(goes_on - offset), goes_on)
        start = offset - self.missing + self._mark
        return Stretch(start, min(self.size - self.last_line, start + limit))


def _gap(missing: int) -> bytes:
    """The line with which the runner fills a gap."""
    return b"\n[taskyard: %d bytes are missing here]\n" % missing
