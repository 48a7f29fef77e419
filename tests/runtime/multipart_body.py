"""Builds multipart bodies with the encoder of httpx, which the client uses too."""

from collections.abc import Sequence

import httpx


def multipart_body(parts: Sequence[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    """Body and content type of parts: name, file name (None for a text part), content."""
    files = [(name, (file_name, content)) for name, file_name, content in parts]
    request = httpx.Request("POST", "http://localhost/", files=files)
    return request.read(), request.headers["content-type"]
