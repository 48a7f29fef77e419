"""A bound on how often something is done, that allows a short burst."""


class TokenBucket:
    """Grants `rate` times per second on average, and at most `burst` times at once; it is told the time.

    Args:
        rate: grants per second.
        burst: grants that may pile up while nobody asks; at first they are all there.
    """

    def __init__(self, rate: float, burst: int = 1) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> float:
        """Take a grant; returns the seconds from `now` (in seconds) until it counts, 0 for at once."""
        if self._at is not None:
            grown = max(0.0, now - self._at) * self._rate
            self._tokens = min(float(self._burst), self._tokens + grown)
        self._at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)
