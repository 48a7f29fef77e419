"""Heads of requests that are refused before anything else is looked at."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from taskyard_operator.http_protocol import TOO_LONG


@dataclass(frozen=True, slots=True)
class HeadFault:
    """What is wrong with a head, and how that is answered."""

    status_code: int
    reason: str
    told: str


def fault_of_head(request: Request, max_bytes: int) -> HeadFault | None:
    """What is wrong with a head: it has two lengths, or is longer than is taken; None for a good one.

    One that is too long comes so far where it came at once, and was whole before it was measured.
    """
    if {"content-length", "transfer-encoding"} <= set(request.headers):
        told = "The request has both Content-Length and Transfer-Encoding; send one of them."
        return HeadFault(400, "InvalidInput", told)
    if _size(request.scope) > max_bytes:
        return HeadFault(431, "HeadTooLarge", TOO_LONG.format(limit=max_bytes))
    return None


def _size(scope: Scope) -> int:
    target: int = len(scope["method"]) + len(scope["raw_path"]) + len(scope["query_string"])
    return target + sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
