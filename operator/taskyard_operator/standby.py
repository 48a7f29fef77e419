"""A controller that stands by, for its turn or for the API server: it does nothing, and is well."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from aiohttp import web

from taskyard_operator.listening import listening
from taskyard_operator.pauses import jittered
from taskyard_operator.ports import Unavailable

logger = logging.getLogger(__name__)

_LONGEST_RETRY_SECONDS = 10.0


def answering(port: int) -> AbstractAsyncContextManager[None]:
    """Answer the probe at `port` (0: none) where kopf will answer it once this process leads.

    200, also to the readiness probe: a rollout waits for it, and a process that stands by takes over
    within a second.
    """
    return listening(port, "/healthz", _healthz)


async def _healthz(_: web.Request) -> web.Response:
    # Keeping the connection would only mean to break it when kopf takes the port over.
    return web.json_response({"standby": True}, headers={"Connection": "close"})


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
