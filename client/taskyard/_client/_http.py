"""The one place that knows httpx: how both of its clients are set up, and what its errors mean."""

import os
import platform
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

import httpx

from taskyard._client._outcomes import Failure, Request
from taskyard._errors import APIConnectionError, APITimeoutError

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True)
class Connection:
    """How to reach the service; `timeout` (seconds) is for each step of a request, not all."""

    token: str | None
    timeout: float | None
    headers: Mapping[str, str] | None
    verify: bool | ssl.SSLContext

    def options(self) -> dict[str, Any]:
        """Keyword arguments for httpx's clients."""
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {
            "headers": {"User-Agent": user_agent(), **authorization, **(self.headers or {})},
            "timeout": self._limit(self.timeout),
            "verify": self.verify,
            "follow_redirects": True,
        }

    def request_options(self, request: Request, within: float | None) -> dict[str, Any]:
        """Keyword arguments for one request; each kind of client adds the body in its way."""
        limits = [limit for limit in (self.timeout, within) if limit is not None]
        return {
            "method": request.method,
            "url": request.url,
            "headers": request.body.headers if request.body else {},
            "timeout": self._limit(min(limits, default=None)),
        }

    @staticmethod
    def _limit(seconds: float | None) -> httpx.Timeout:
        # Waiting for a free connection has no limit: many calls at once are slow, not an error.
        return httpx.Timeout(seconds, pool=None)


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
