"""A request that is cut off at the end of a gateway is answered truly."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from taskyard_operator.gateway.cut_off import CutOff


async def cut_off(method: str, path: str, *, begun: bool = False) -> list[dict[str, Any]]:
    """What is sent of a request that is cancelled while it waits."""
    waits, sent = asyncio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        waits.set()
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [],
        "query_string": b"",
        "server": ("gateway", 80),
        "scheme": "http",
        "state": {"request_id": "r"},
    }
    request = asyncio.create_task(CutOff(app)(scope, receive, send))
    await waits.wait()
    request.cancel()
    await asyncio.wait([request])
    return sent


@pytest.mark.parametrize(
    ("method", "status", "reason"), [("GET", 503, "Unavailable"), ("POST", 504, "OutcomeUnknown")]
)
async def test_what_is_cut_off_says_whether_it_may_have_been_done(
    method: str, status: int, reason: str
) -> None:
    start, body = await cut_off(method, "/v1/tasks/t")

    assert start["status"] == status
    assert dict(start["headers"])[b"retry-after"]
    assert json.loads(body["body"])["error"]["reason"] == reason


async def test_an_answer_that_has_begun_breaks_off() -> None:
    assert [message["type"] for message in await cut_off("GET", "/", begun=True)] == [
        "http.response.start"
    ]
