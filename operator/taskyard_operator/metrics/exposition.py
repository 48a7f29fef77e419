"""/metrics on a port of its own."""

import logging
from contextlib import AsyncExitStack

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from taskyard_operator.listening import listening

logger = logging.getLogger(__name__)


async def expose(registry: CollectorRegistry, port: int, stack: AsyncExitStack) -> None:
    """Answer scrapes at `port` (0: none) until the stack is closed.

    A port that is taken costs the metrics and no more: tasks matter more than their figures.
    """

    async def scrape(_: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=generate_latest(registry), headers=headers)

    try:
        await stack.enter_async_context(listening(port, {"/metrics": scrape}))
    except OSError as error:
        logger.warning("no metrics: port %d cannot be used (%s); set metrics.port", port, error)
