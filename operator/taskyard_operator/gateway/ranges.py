"""Which part of a stored result a request is for: conditions and ranges of RFC 9110. Pure.

What the standard lets a server ignore is ignored, so that the whole is sent: several ranges in one request,
ranges in other units, and what is no range at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(
    r"bytes=[ \t]*(?P<first>\d{0,18})-(?P<last>\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII
)
_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `start` to before `end`."""

    start: int
    end: int


class NotModified:
    """Nothing: who asks has it already."""


class NotSatisfiable:
    """Nothing: no byte of the range is there."""


def asked_for(
    method: str, headers: Mapping[str, str], e_tag: str, size: int
) -> Part | NotModified | NotSatisfiable | None:
    """What of a body of `size` bytes a request wants; None for all of it.

    `e_tag` is the body's, with its quotes, and a strong one. Names in `headers` are in lower case.
    """
    if method not in ("GET", "HEAD"):
        return None
    known = headers.get("if-none-match")
    if known is not None and (known.strip() == "*" or e_tag in _TAG.findall(known)):
        return NotModified()
    # A range of a HEAD has no meaning, and one of another version of the body is not what is wanted.
    if method == "HEAD" or headers.get("if-range", e_tag).strip() != e_tag:
        return None
    found = _RANGE.fullmatch(headers.get("range", ""))
    return _part(found["first"], found["last"], size) if found else None


def _part(first: str, last: str, size: int) -> Part | NotSatisfiable | None:
    if not first:
        return _end(int(last), size) if last else None
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        return NotSatisfiable()
    return Part(start, min(int(last) + 1, size) if last else size)


def _end(length: int, size: int) -> Part | NotSatisfiable:
    return Part(max(0, size - length), size) if length and size else NotSatisfiable()
