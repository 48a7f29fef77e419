"""A receiver of webhooks on loopback, with or without TLS, that answers as a test says."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import standardwebhooks

KEY, OTHER_KEY = "whsec_" + "a2V5IG9uZSAg" * 3, "whsec_" + "a2V5IHR3byAg" * 3
Answer = int | str
"""A status; or a URL to go to; or SILENCE, or ENDLESS."""
SILENCE, ENDLESS = "silence", "endless"


@dataclass(frozen=True)
class Received:
    """One request: what came, and what was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    answer: Answer

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, key: str = KEY) -> dict[str, Any]:
        """What it says, if the library finds that this key signed it just now."""
        said: dict[str, Any] = standardwebhooks.Webhook(key).verify(self.body, self.headers)
        return said


@dataclass
class Receiver:
    """Answers the next requests by `answers`, and all that come after them with 204."""

    server: ThreadingHTTPServer
    scheme: str = "http"
    answers: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    patience: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """By name: its certificate says so, and that the name leads to loopback is for the policy."""
        return f"{self.scheme}://localhost:{self.server.server_port}/done"


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver, until the end of `with`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    receiver = Receiver(server, "https" if tls else "http")
    server.RequestHandlerClass = _handler(receiver)
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.patience.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = receiver.answers.pop(0) if receiver.answers else 204
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body, answer))
            with suppress(OSError):  # the sender has had enough
                self._answer(answer)

        def _answer(self, answer: Answer) -> None:
            if answer == SILENCE:
                receiver.patience.wait(60)
            elif answer == ENDLESS:
                self.send_response(200)
                self.end_headers()
                while not receiver.patience.is_set():
                    self.wfile.write(b"and so on " * 1000)
            elif isinstance(answer, str):
                self.send_response(307)
                self.send_header("location", answer)
                self.end_headers()
            else:
                self.send_response(answer)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is to be said of requests."""

    return Handler
