"""A request that cannot be served, and what it must be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.gateway.bodies import FORM, Part, form

TOO_LARGE: dict[str, Any] = {"status": 413, "reason": "TooLarge"}
WRONG_TYPE: dict[str, Any] = {"status": 415, "reason": "UnsupportedMediaType"}
NOT_FOUND: dict[str, Any] = {"status": 404, "reason": "NotFound"}
WRONG_METHOD: dict[str, Any] = {"status": 405, "reason": "MethodNotAllowed"}


@dataclass(frozen=True)
class Bad:
    """A request, and what its answer must say: the sentence holds `says`, `detail` blames `fields`."""

    what: str
    says: str | tuple[str, ...]
    fields: tuple[str, ...] = ()
    status: int = 400
    reason: str = "InvalidInput"
    path: str = "/paint/submit"
    method: str = "POST"
    content: bytes | Sequence[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)


def sent_json(
    what: str, says: str | tuple[str, ...], value: dict[str, Any], *fields: str, task: str = "paint"
) -> Bad:
    """Arguments by name, of which some are wrong."""
    return Bad(what, says, fields, path=f"/{task}/submit", content=json.dumps(value).encode())


def sent_text(
    what: str, says: str | tuple[str, ...], content: bytes | Sequence[bytes], **more: Any
) -> Bad:
    """A body that is meant to be JSON."""
    return Bad(what, says, content=content, path="/echo/submit", **more)


def sent_form(
    what: str,
    says: str | tuple[str, ...],
    *parts: Part,
    task: str,
    fields: tuple[str, ...] = (),
    **more: Any,
) -> Bad:
    """A well-formed multipart body, of which some parts are wrong."""
    return sent_raw(what, says, form(*parts), task=task, fields=fields, **more)


def sent_raw(
    what: str,
    says: str | tuple[str, ...],
    content: bytes | Sequence[bytes],
    *,
    task: str = "convert",
    content_type: str = FORM,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Bad:
    """A body that is meant to be multipart."""
    path, headers = f"/{task}/submit", {"content-type": content_type, **(headers or {})}
    return Bad(what, says, content=content, path=path, headers=headers, **more)


def asked(what: str, path: str, says: str, method: str = "GET", **more: Any) -> Bad:
    """A question about a run."""
    return Bad(what, says, path=path, method=method, **more)
