"""The one place that knows httpx: how both of its clients are set up, and what its errors mean."""

import os
import platform
import ssl
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from typing import Any

import httpx

from taskyard._client._outcomes import Failure, Request
from taskyard._client._settings import Settings
from taskyard._errors import APIConnectionError, APITimeoutError

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


_IDLE_SECONDS = 30
"""How long a connection is kept without a request: less than servers and proxies keep theirs."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for httpx's clients."""
    most = settings.max_connections
    return {
        "headers": {"User-Agent": user_agent(), **settings.headers},
        "timeout": _limit(settings.timeout),
        "verify": settings.trusted(),
        "proxy": None if settings.proxy is None else httpx.Proxy(settings.proxy),
        "limits": httpx.Limits(
            max_connections=most, max_keepalive_connections=most, keepalive_expiry=_IDLE_SECONDS
        ),
        "follow_redirects": True,
    }


def request_options(settings: Settings, request: Request, within: float | None) -> dict[str, Any]:
    """Keyword arguments for one request; each kind of client adds the body in its way."""
    described = request.body.headers if request.body else {}
    return {
        "method": request.method,
        "url": request.url,
        "headers": {**settings.authorization(), **described, **request.headers},
        "timeout": _limit(settings.timeout, within, request.held),
    }


def _limit(seconds: float | None, within: float | None = None, held: float = 0.0) -> httpx.Timeout:
    """`seconds` for each step, or `within` if that is less.

    A server that was asked to wait may be silent for that much longer.
    """
    # Waiting for a free connection has no limit: many calls at once are slow, not an error.
    return httpx.Timeout(
        _least(seconds, within),
        read=_least(None if seconds is None else seconds + held, within),
        pool=None,
    )


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


@cache
def user_agent() -> str:
    """Such as `taskyard/0.1.0 python/3.11`; the gateway chooses its status words by it."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"taskyard/{version()} python/{python}"


def version() -> str:
    """The installed version of Taskyard."""
    return metadata.version("taskyard")


def failure(request: Request, error: httpx.HTTPError) -> Failure:
    """What an exception of httpx means: was anything sent, and may it pass?"""
    sent = not isinstance(error, _NOTHING_SENT)
    lasting = (
        isinstance(error, _LASTING) or not isinstance(error, httpx.TransportError) or _is_tls(error)
    )
    where = request.url.partition("?")[0]
    if isinstance(error, httpx.TimeoutException):
        told: APIConnectionError = APITimeoutError(f"{where} did not answer in time", sent=sent)
    else:
        told = APIConnectionError(f"no answer from {where}: {_told(error)}", sent=sent)
    told.__cause__ = error
    return Failure(told, passing=not lasting)


def _is_tls(error: BaseException) -> bool:
    """Whether a bad certificate or the like is behind it, which no second try mends."""
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


def _told(error: BaseException) -> str:
    """What the operating system said, which the layers above tend to hide."""
    for cause in _causes(error):
        if isinstance(cause, ConnectionError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return str(error) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
