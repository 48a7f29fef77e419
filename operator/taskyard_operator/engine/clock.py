"""Time as a value: who decides is told the time, and who needs it asks a clock it was given."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, in UTC."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
