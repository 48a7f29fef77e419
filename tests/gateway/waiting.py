"""Waiting for what is to come, and not for a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


def soon(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)


async def until(so: Callable[[], bool]) -> None:
    """Let the event loop run until something holds, for a minute at the most."""
    async with asyncio.timeout(60):
        while not so():  # noqa: ASYNC110 - other processes make it so
            await asyncio.sleep(0.05)
