"""How the gateway is served by uvicorn: within its limits, and without keeping anybody waiting at its end."""

import socket
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.http_protocol import PunctualProtocol


async def serve_gracefully(
    app: Any,
    settings: GatewaySettings,
    waiting: Waiting,
    *,
    log_level: str,
    finish_seconds: int,
    sockets: Sequence[socket.socket] | None = None,
) -> None:
    """Serve until told to end; then the requests in flight have some seconds to finish.

    It listens on `sockets`, or by default on the host and port of the settings.
    """
    config = uvicorn.Config(
        app,
        http=partial(  # type: ignore[arg-type]
            PunctualProtocol,
            head_seconds=settings.head_seconds,
            answer_silence_seconds=settings.answer_silence_seconds,
        ),
        ws="none",
        h11_max_incomplete_event_size=settings.max_head_bytes,
        timeout_keep_alive=settings.keep_alive_seconds,
        host=settings.host,
        port=settings.port,
        log_level=log_level.lower(),
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=finish_seconds,
    )
    await GracefulServer(config, waiting).serve(list(sockets) if sockets else None)


class GracefulServer(uvicorn.Server):
    """A server which, told to end, answers those who wait, and finishes the other requests."""

    def __init__(self, config: uvicorn.Config, waiting: Waiting) -> None:
        super().__init__(config)
        self._waiting = waiting

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish the requests in flight; uvicorn's own would raise the signal again after that.

        That would be the end of the process, and there is more to close.
        """
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer those who wait, then finish the other requests."""
        await self._waiting.close()
        await super().shutdown(sockets)
