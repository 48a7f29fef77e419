"""The headers that a task may set for the answer to whoever fetches its result."""

import re
from typing import Any

Headers = tuple[tuple[str, str], ...]
"""Names and values of HTTP headers; a name may be there more than once."""

MAX_HEADERS = 16
MAX_HEADER_BYTES = 1024
"""Of all names and values together: they are kept in the status of the TaskRun."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~](?:[\t -~]*[!-~])?|")
_HEADERS_OF_THE_GATEWAY = frozenset(
    (
        *("accept-ranges", "connection", "content-digest", "content-disposition"),
        *("content-encoding", "content-length", "content-range", "content-type", "date", "etag"),
        *("keep-alive", "last-modified", "proxy-authenticate", "proxy-connection", "repr-digest"),
        *("server", "te", "trailer", "transfer-encoding", "upgrade", "x-request-id", "x-task-id"),
    )
)


def fitting_headers(headers: Any) -> Headers:
    """Of the headers that a task sets, those that the gateway can answer with.

    Left out are those that say how the body travels, which is for the gateway to say, those that are
    no headers, and what is more than `MAX_HEADERS` or `MAX_HEADER_BYTES`. A cookie loses its `Domain`: it
    goes back to the host that it came from, and to none beside it.
    """
    fitting: list[tuple[str, str]] = []
    room = MAX_HEADER_BYTES
    for header in headers if isinstance(headers, list | tuple) else ():
        if not _is_header(header) or len(fitting) == MAX_HEADERS:
            continue
        name, value = header[0].lower(), header[1]
        if name == "set-cookie":
            value = _of_this_host(value)
        if (size := len(name) + len(value)) <= room:
            room -= size
            fitting.append((name, value))
    return tuple(fitting)


def _of_this_host(cookie: str) -> str:
    """A cookie without `Domain`, split where clients split it (RFC 6265, 5.2)."""
    first, *attributes = cookie.split(";")
    kept = (each for each in attributes if each.partition("=")[0].strip().lower() != "domain")
    return ";".join([first, *kept])


def _is_header(header: Any) -> bool:
    match header:
        case [str(name), str(value)]:
            is_one = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
            return bool(is_one) and name.lower() not in _HEADERS_OF_THE_GATEWAY
    return False
