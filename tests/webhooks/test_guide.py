"""The receiver that docs/webhooks.md shows takes what is ours, and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from taskyard.api.reasons import Phase
from taskyard_operator.core.webhook import Webhook, webhook_of
from taskyard_operator.webhooks.keys import KEYS_VARIABLE, signing_keys
from tests.core.builders import CALLBACK_URL, NOW, a_delivery, a_run

from .receiver import KEY, OTHER_KEY

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"
RUN = a_run().with_callback().in_phase(Phase.SUCCEEDED, finished_at=NOW).owing(a_delivery())


@pytest.fixture
async def shown(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What is in the guide's module once it was run, with a client of its application."""
    monkeypatch.setenv("TASKYARD_WEBHOOK_KEY", KEY)
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    module: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code, str(GUIDE), "exec"), module)
    transport = httpx.ASGITransport(module["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
        yield module | {"client": client}


async def post(
    shown: dict[str, Any], webhook: Webhook, keys: str = KEY, ago: timedelta = timedelta(0)
) -> int:
    at = datetime.now(UTC) - ago
    signature = signing_keys({KEYS_VARIABLE: keys}).signature(webhook.id, at, webhook.body)
    headers = {
        "webhook-id": webhook.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    answer = await shown["client"].post("/done", content=webhook.body, headers=headers)
    return int(answer.status_code)


@pytest.mark.parametrize("keys", [KEY, f"{OTHER_KEY} {KEY}"], ids=["by its key", "by both keys"])
async def test_it_takes_what_is_signed(shown: dict[str, Any], keys: str) -> None:
    assert await post(shown, webhook_of(RUN, CALLBACK_URL, a_delivery()), keys) == 204

    assert shown["ended"] == {"call-7": "task.succeeded"}


async def test_it_takes_nothing_else(shown: dict[str, Any]) -> None:
    webhook = webhook_of(RUN, CALLBACK_URL, a_delivery())

    assert await post(shown, webhook, OTHER_KEY) == 401
    assert await post(shown, webhook, ago=timedelta(minutes=6)) == 401
    assert shown["ended"] == {}
