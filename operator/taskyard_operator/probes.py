"""What the kubelet is told of a controller: whether it works, and whether a new one would work better."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from aiohttp import web

from taskyard_operator.engine.engine import Engine
from taskyard_operator.listening import listening


class Probes:
    """Answers probes: 200, or 500 and why.

    A process that stands by, for its turn or for the API server, is well. It is ready, too: a rollout
    waits for that, and it takes over within a second.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._works = False

    def answering(self, port: int) -> AbstractAsyncContextManager[None]:
        """Answer `/livez` and `/readyz`, and both as one at `/healthz`, at `port` (0: none)."""
        answers = {"/livez": self._livez, "/readyz": self._readyz, "/healthz": self._readyz}
        return listening(port, answers)

    def works(self) -> None:
        """It stands by no more: it is as well as its engine."""
        self._works = True

    async def _livez(self, _: web.Request) -> web.Response:
        return self._answer(self._engine.why_unwell)

    async def _readyz(self, _: web.Request) -> web.Response:
        return self._answer(self._engine.why_stale)

    def _answer(self, why_not: Callable[[], str | None]) -> web.Response:
        if not self._works:
            return web.json_response({"standby": True})
        if why := why_not():
            return web.json_response({"why": why}, status=500)
        return web.json_response({"synced": True})
