"""HTTP on one connection: uvicorn's, with an end to waiting for the other side.

Uvicorn waits for ever for a head that was begun, for a body that it no longer needs, and for a client to
take an answer; and of a head that is too long it does not say so.
"""

import asyncio
import fcntl
import sys
import termios
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LATE = "The head of the request did not come in time."
TOO_LONG = (
    "The head of the request has more than {limit} bytes, which is the gateway's setting maxHeadBytes; "
    "send less in its path and headers."
)


class PunctualProtocol(H11Protocol):
    """A connection that is closed where a head is not whole in time, or nothing is taken of an answer.

    The time runs from the beginning of the connection, or after an answer from the first byte that comes;
    until then uvicorn's own limit for idle connections holds. It is also the time for the rest of a body
    whose request has been answered before it was read.
    """

    def __init__(
        self, *args: Any, head_seconds: float, answer_silence_seconds: float, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._head_seconds = head_seconds
        self._answer_silence_seconds = answer_silence_seconds
        self._due: asyncio.TimerHandle | None = None
        self._taken_by: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, or stop where the head is whole."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin to wait for the rest of a body that was not read."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._stop()
        self._stop_minding()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take something of an answer."""
        super().pause_writing()
        self._mind()

    def resume_writing(self) -> None:
        """Wait no more: it has taken it."""
        super().resume_writing()
        self._stop_minding()

    def _mind(self) -> None:
        left = self._untaken()
        self._taken_by = self.loop.call_later(self._answer_silence_seconds, self._look, left)

    def _untaken(self) -> int:
        """Bytes of the answer that the client has not taken: what is held here, and by the kernel."""
        left = self.transport.get_write_buffer_size()
        # The kernel may hold megabytes, and takes more of ours only once many of them are gone.
        with suppress(OSError):
            held = fcntl.ioctl(self.transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4))
            left += int.from_bytes(held, sys.byteorder)
        return left

    def _look(self, left: int) -> None:
        if self._untaken() < left:
            self._mind()
        else:
            self.transport.abort()  # to close it would be to wait for the same

    def _stop_minding(self) -> None:
        if self._taken_by is not None:
            self._taken_by.cancel()
            self._taken_by = None

    def _watch(self) -> None:
        if not self._owes():
            self._stop()
        elif self._due is None:
            self._due = self.loop.call_later(self._head_seconds, self._late)

    def _owes(self) -> bool:
        """Whether the other side has to send something before anything can happen here."""
        if self.transport.is_closing():
            return False
        if self.conn.their_state is h11.IDLE:
            return self.timeout_keep_alive_task is None or bool(self.conn.trailing_data[0])
        # Uvicorn's annotation does not say so, but there is no cycle before the first request.
        answered: bool = getattr(self.cycle, "response_complete", False)
        return answered and self.conn.their_state is h11.SEND_BODY

    def _stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        self._due = None
        begun = bool(self.conn.trailing_data[0])
        if begun and self.conn.their_state is h11.IDLE:
            self._refuse(408, LATE)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, and a head that is too long; an answer that has begun is broken off."""
        limit = self.config.h11_max_incomplete_event_size or 0
        if self.conn.our_state is h11.IDLE and len(self.conn.trailing_data[0]) > limit:
            self._refuse(431, TOO_LONG.format(limit=limit))
        elif self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse(400, msg)
        self.transport.close()

    def _refuse(self, status: int, told: str) -> None:
        content = told.encode()
        headers = [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", str(len(content))),
            ("connection", "close"),
        ]
        reason = HTTPStatus(status).phrase.encode()
        for event in (
            h11.Response(status_code=status, headers=headers, reason=reason),
            h11.Data(data=content),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
