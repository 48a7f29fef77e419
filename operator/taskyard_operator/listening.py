"""A small HTTP server beside the work of a process, for probes and for scrapes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(port: int, answers: Mapping[str, Answer]) -> AsyncIterator[None]:
    """Answer GET requests for some paths at `port`; at 0 nobody listens.

    Raises:
        OSError: the port is taken.
    """
    if not port:
        yield
        return
    application = web.Application()
    for path, answer in answers.items():
        application.router.add_get(path, answer)
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "0.0.0.0", port).start()  # noqa: S104 - who asks is outside
        yield
    finally:
        await runner.cleanup()
