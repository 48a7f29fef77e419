"""What an answer of the API server says: an object, or an error in the port's words."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
from pydantic_core import from_json

from taskyard.api.resource import MAX_LEVELS
from taskyard_operator.kube.deep_json import cut_at
from taskyard_operator.ports import (
    AdmissionWebhookUnavailable,
    Conflict,
    Missing,
    NotPermitted,
    OverQuota,
    Rejected,
    Unanswered,
    Unavailable,
)

Json = dict[str, Any]
"""An object as the API server tells it."""

_LEVELS = MAX_LEVELS + 20
"""So deep is read; of what is cut off below that, the `OpenObject` that it is in is too deep to be taken."""
_NOT_PERMITTED = re.compile(r'User "[^"]*" cannot ')
"""How every authorizer of an API server begins to say so; quotas and admission say something else."""


class VersionTooOld(Unavailable):
    """The API server remembers the version no more from which it was to go on: list, and go on from there."""


def asked_pause(response: aiohttp.ClientResponse) -> float | None:
    """The seconds that a server with too many requests asks to wait; None where it does not.

    It has done nothing then. (Kubernetes says whole seconds, and never a date.)
    """
    text = response.headers.get("Retry-After", "") if response.status == 429 else ""
    return max(1.0, float(text)) if text.isdecimal() else None


async def lines(body: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a body, of any length: aiohttp's own reader refuses long ones."""
    begun = bytearray()
    async for chunk in body.iter_any():
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield bytes(begun) + line
            begun.clear()
        begun += rest


def object_in(text: bytes) -> Json:
    """The object that was asked for; what says that it has one may be a proxy with a page of its own."""
    with suppress(ValueError):
        answer = _parsed(text)
        if isinstance(answer, dict):
            return answer
    raise Unanswered(f"the answer is none of an API server: {text[:80].decode('utf-8', 'replace')}")


def said_in(text: bytes) -> Json:
    """What was said of an error, if that can be read."""
    try:
        answer = _parsed(text)
    except ValueError:
        return {"message": text[:200].decode("utf-8", "replace")}
    return answer if isinstance(answer, dict) else {}


def _parsed(text: bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:  # which it may be for its depth alone
        return from_json(cut_at(_LEVELS, text))


def error_of(status: int, answer: Json) -> Exception:
    """The port's error for an answer of this status, with what was said of it."""
    message = str(answer.get("message") or f"the API server answered {status}")
    if status == 404:
        return Missing(message)
    if status == 409:
        return Conflict(message)
    if status == 403 and "status unknown for quota" in message:
        return Unavailable(message)  # the quota is new, and has not been counted yet
    if status == 403 and "exceeded quota" in message:
        return OverQuota(message)
    if status == 410:
        return VersionTooOld(message)
    if status == 403 and _NOT_PERMITTED.search(message):
        return NotPermitted(message)
    if status == 500 and "failed calling webhook" in message:
        return AdmissionWebhookUnavailable(message)
    if status in (400, 403, 413, 415, 422):
        return Rejected(message)
    return Unavailable(message)
