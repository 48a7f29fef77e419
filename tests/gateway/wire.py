"""HTTP by hand: what no proper client would send, or leave unfinished."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A connection to the server at `url`."""
    parts = urlsplit(url)
    assert parts.hostname
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=30) as connection:
        yield connection


def post(path: str, body: bytes, **headers: str | int) -> bytes:
    """A request, with nothing but the headers that are given."""
    lines = [f"POST {path} HTTP/1.1", "host: gateway"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer_on(connection: socket.socket) -> Answer:
    """The next answer."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return Answer(response.status, response.read())
    finally:
        response.close()
