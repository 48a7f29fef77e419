"""A controller that waits for the API server before it does anything."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from taskyard_operator.pauses import jittered
from taskyard_operator.ports import Unavailable

logger = logging.getLogger(__name__)

_LONGEST_RETRY_SECONDS = 10.0


async def when_answered(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask the API server something, again and again while it is away.

    A leader that has ended because the API server was away comes back while it still is, and a node may
    be started before it. If this ended for that, the kubelet would wait longer each time, up to five minutes.
    """
    longest = 1.0
    while True:
        try:
            return await ask()
        except Unavailable as error:
            longest = min(longest * 2, _LONGEST_RETRY_SECONDS)
            pause = jittered(longest)
            logger.warning("again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
