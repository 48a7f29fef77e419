"""Submits by the gateway's own API."""

from __future__ import annotations

from typing import Any

import httpx

ECHO = "/v1/services/studio/tasks/echo"
CONVERT = "/v1/services/studio/tasks/convert"


def accepted(answer: httpx.Response, status: int = 202) -> str:
    """The id of the task that an answer is of."""
    assert answer.status_code == status, answer.text
    task_id = str(answer.json()["id"])
    assert answer.headers["location"] == f"/v1/tasks/{task_id}"
    assert answer.headers.get("idempotency-replayed") == ("true" if status == 200 else None)
    return task_id


def refused(answer: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """The error, which has the shape of all errors."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["reason"] == reason
    assert error["requestId"] == answer.headers["x-request-id"]
    return error


def keyed(key: str) -> dict[str, str]:
    """The header that makes a request safe to repeat."""
    return {"idempotency-key": key}
