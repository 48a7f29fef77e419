"""How long a run waits at its end for an object store that is away."""

from datetime import datetime, timedelta

from taskyard_operator.engine.clock import Clock
from taskyard_operator.ports import Key, PortError


class StoreAway(PortError):
    """The store is needed for the end of a run: again later, and at `until` the run ends without it."""

    def __init__(self, why: str, until: datetime | None = None) -> None:
        super().__init__(why)
        self.until = until


class Patience:
    """Since when each run has waited; `longest` is how long it may."""

    def __init__(self, longest: timedelta, clock: Clock) -> None:
        self._longest = longest
        self._clock = clock
        self._since: dict[Key, datetime] = {}

    def until(self, key: Key, ended: datetime | None) -> datetime:
        """When the wait of a run is over; `ended` is when it ended, where the wait counts from then."""
        now = self._clock()
        since = self._since[key] = min(self._since.get(key, now), now)
        return min(since, ended or since) + self._longest

    def forget(self, key: Key) -> None:
        """The run has ended, or is gone."""
        self._since.pop(key, None)
