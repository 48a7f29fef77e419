"""How long to pause, in seconds: between tries, between looks at a task, until a deadline."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from taskyard._client._outcomes import Outcome, Reply

MAX_TRIES = 5
_FIRST_BACKOFF, _MAX_BACKOFF = 0.5, 8.0
_MAX_RETRY_AFTER = 60.0
_FIRST_LOOK, _LOOK_GROWTH, _MAX_LOOK = 0.1, 1.5, 2.0


class Deadline:
    """A moment `seconds` from now on `clock`; with None it never comes."""

    def __init__(self, clock: Callable[[], float], seconds: float | None) -> None:
        self._clock = clock
        self._end = math.inf if seconds is None else clock() + seconds

    @property
    def left(self) -> float:
        """Seconds until then: infinite, or zero once it has passed."""
        return max(0.0, self._end - self._clock())

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self.left == 0

    @property
    def bound(self) -> float | None:
        """A time limit for one request: None for none, and at least 1 s so that it can be met."""
        return None if math.isinf(self._end) else max(self.left, 1.0)


def backoff(tries: int, outcome: Outcome, draw: Callable[[], float], now: datetime) -> float:
    """The pause after `tries` tries: exponential with full jitter, or what the server asks for.

    `draw` gives a number from 0 to 1. Some jitter is added to what the server asks for, since it
    asks all its clients for the same.
    """
    jitter = draw() * min(_MAX_BACKOFF, _FIRST_BACKOFF * 2.0 ** (tries - 1))
    asked = retry_after(outcome, now)
    return jitter if asked is None else min(asked + jitter * 0.25, _MAX_RETRY_AFTER)


def retry_after(outcome: Outcome, now: datetime) -> float | None:
    """What `Retry-After` asks for, as seconds or a date (RFC 9110, 10.2.3); None if it does not."""
    text = outcome.headers.get("retry-after", "") if isinstance(outcome, Reply) else ""
    if text.isdecimal():
        return min(float(text), _MAX_RETRY_AFTER)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(0.0, (when - now).total_seconds()), _MAX_RETRY_AFTER)


def looks(interval: float | None) -> Iterator[float]:
    """The pauses between looks: always `interval`, or from 0.1 s growing by half to 2 s."""
    pause = _FIRST_LOOK
    while True:
        yield pause if interval is None else interval
        pause = min(pause * _LOOK_GROWTH, _MAX_LOOK)
