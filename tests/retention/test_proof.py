"""Results are looked up in a real store: by their digest, their tag, or only their size."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from taskyard.api.reasons import Phase
from taskyard.api.report import ResultInfo
from taskyard_operator.core.attempt import Ending
from taskyard_operator.engine.patience import Patience
from taskyard_operator.engine.proof import SMALL_BYTES, Proof
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.objects.store import BucketStore
from tests.core.builders import a_run, an_attempt

RESULT = "team/call-7/1/result"
BODIES = {"empty": b"", "small": b"hello", "large": bytes(SMALL_BYTES + 1)}


def now() -> datetime:
    return datetime.now(UTC)


async def proved(bucket: BucketStore, reported: ResultInfo | None) -> Ending:
    proof = Proof(StoreGuard(bucket, now), Patience(timedelta(minutes=1), now), now)
    ending = Ending(Phase.SUCCEEDED, result=reported)
    attempt = await proof.of(a_run(), replace(an_attempt().ended(ending), finished_at=now()))
    assert attempt.ending
    return attempt.ending


async def stored(bucket: BucketStore, body: bytes) -> ResultInfo:
    """Store a result as a runner does, and report it."""
    (url,) = await bucket.urls_to_put([RESULT])
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.put(url, content=body, headers={"Content-Type": "image/png"})
    answer.raise_for_status()
    digest = hashlib.sha256(body).hexdigest()
    return ResultInfo(len(body), digest, "image/png", e_tag=answer.headers["ETag"])


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_what_a_runner_stored_bears_its_report_out(bucket: BucketStore, body: bytes) -> None:
    reported = await stored(bucket, body)

    ending = await proved(bucket, reported)

    assert (ending.phase, ending.result) == (Phase.SUCCEEDED, reported)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_report_that_is_gone_is_made_good(bucket: BucketStore, body: bytes) -> None:
    reported = await stored(bucket, body)

    ending = await proved(bucket, None)

    assert (ending.phase, ending.result) == (Phase.SUCCEEDED, replace(reported, e_tag=None))


async def test_a_large_object_that_was_replaced_is_told_by_its_tag(bucket: BucketStore) -> None:
    reported = await stored(bucket, BODIES["large"])
    await stored(bucket, b"x" * len(BODIES["large"]))

    assert "another object" in (await proved(bucket, reported)).message


async def test_an_object_that_is_missing_is_missed(bucket: BucketStore) -> None:
    reported = await stored(bucket, b"hello")
    await bucket.delete(RESULT)

    assert "not in the object store" in (await proved(bucket, reported)).message
    assert "no result of it was found" in (await proved(bucket, None)).message
