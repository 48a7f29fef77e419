"""Checks of what came in a body: what is large is checked in a thread, and one after the other.

It takes seconds, and many times its size of memory, which several at once would not find.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

QUICK_BYTES = 64 * 1024
"""Values up to so many bytes are checked in a few milliseconds."""


class Checking:
    """Carries out the checks of one process."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def carry_out(self, check: Callable[[], T], size: int) -> T:
        """What a check of values with so many bytes gives back."""
        if size <= QUICK_BYTES:
            return check()
        async with self._one_at_a_time:
            return await asyncio.to_thread(check)
