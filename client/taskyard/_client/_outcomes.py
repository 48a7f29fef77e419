"""What can come of sending a request, and whether the request may then be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from taskyard._client._body import Body
from taskyard._errors import APIConnectionError


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: The HTTP method.
        url: The whole address.
        body: What to send along.
        harmless: Whether doing it twice does no more than doing it once.
        to_file: Whether the body of a success belongs into a file instead of memory.
        headers: Headers of its own, beside those that every request has.
        held: Seconds that the server was asked to wait before it answers.
    """

    method: str
    url: str
    body: Body | None = None
    harmless: bool = False
    to_file: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    held: float = 0.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: header names in lower case; the body in `file` if it was to go there."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes = b""
    file: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether the server did as asked."""
        return 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer. `passing` is whether trying again may help (a bad certificate stays bad)."""

    error: APIConnectionError
    passing: bool


Outcome = Reply | Failure

_PASSING = frozenset({429, 502, 503, 504})
_NOTHING_DONE = frozenset({429, 503})
"""The service refused before it did anything; after 502 and 504 nobody knows."""


def is_passing(outcome: Outcome) -> bool:
    """Whether the same request may have better luck later."""
    if isinstance(outcome, Failure):
        return outcome.passing
    return outcome.status_code in _PASSING or _is_cut_off(outcome)


def _is_cut_off(reply: Reply) -> bool:
    """Whether a server that had to end cut the request off: uvicorn then says just that."""
    return reply.status_code == 500 and reply.body == b"Internal Server Error"


def may_repeat(request: Request, outcome: Outcome) -> bool:
    """Whether to send `request` again: it may help, and it cannot start a second task."""
    if not is_passing(outcome) or not (request.body is None or request.body.repeatable):
        return False
    if request.harmless:
        return True
    if isinstance(outcome, Failure):
        return not outcome.error.sent
    return outcome.status_code in _NOTHING_DONE
