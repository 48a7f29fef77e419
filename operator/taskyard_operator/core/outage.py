"""Telling of trouble once: when it begins, and when it is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Over:
    """How long an outage was, and how many tries failed in it."""

    lasted: timedelta
    failures: int


class Outage:
    """Counts failures from the first to the next success, and says which are worth a word. It is told the time.

    Where failures and successes alternate, as with a server that is only busy, each `apart` brings
    one outage to tell of and no more.
    """

    def __init__(self, apart: timedelta = timedelta(seconds=60)) -> None:
        self._apart = apart
        self._since: datetime | None = None
        self._failures = 0
        self._told = False
        self._told_at: datetime | None = None

    def failed(self, now: datetime) -> bool:
        """A try has failed; returns whether to tell of it."""
        self._since = self._since or now
        self._failures += 1
        # What was told in the time to come was told by a clock that was set back.
        if self._told or (self._told_at and self._told_at <= now < self._told_at + self._apart):
            return False
        self._told, self._told_at = True, now
        return True

    def succeeded(self, now: datetime) -> Over | None:
        """A try went well; returns what is over, if its beginning was told of."""
        if self._since is None:
            return None
        over = Over(now - self._since, self._failures) if self._told else None
        self._since, self._failures, self._told = None, 0, False
        return over
