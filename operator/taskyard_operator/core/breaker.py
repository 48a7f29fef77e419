"""Sparing something that is away: after a failure only one asks at a time, less and less often."""

from datetime import datetime, timedelta


class Breaker:
    """Open while all goes well; after a failure it lets one try pass per pause. It is told the time.

    Args:
        first: the pause after the first failure; doubles with each further one.
        longest: the longest pause.
    """

    def __init__(
        self, first: timedelta = timedelta(seconds=1), longest: timedelta = timedelta(seconds=30)
    ) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0
        self._shut_until: datetime | None = None
        self._trying = False

    def lets_pass(self, now: datetime) -> bool:
        """Whether to try now; a try that is let pass after a failure keeps others out meanwhile."""
        if self._shut_until is None:
            return True
        # What is further ahead than any pause comes of a clock that was set back.
        if now < self._shut_until <= now + self._longest:
            return False
        # A try of which nothing is ever heard keeps the others out for one more pause only.
        self._shut_until = now + self._pause()
        self._trying = True
        return True

    def failed(self, now: datetime) -> bool:
        """A try has failed; returns whether that is news."""
        if self._failures and not self._trying:
            return False  # one of many that were under way when the first failed
        self._failures += 1
        self._trying = False
        self._shut_until = now + self._pause()
        return self._failures == 1

    def succeeded(self) -> None:
        """A try went well: all may pass."""
        self._failures, self._shut_until, self._trying = 0, None, False

    def _pause(self) -> timedelta:
        return min(self._longest, self._first * (1 << min(max(self._failures - 1, 0), 16)))
