"""Expired data is deleted from a real S3 server, at a cost that follows from what has expired."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from taskyard.api.names import new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.record import Record
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.objects.store import BucketStore
from tests.engine.world import all_listed

from .counting import Counted
from .place import Place

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


async def test_a_few_hundred_expired_runs_go_and_the_others_stay(bucket: BucketStore) -> None:
    counted = Counted(bucket)
    hour = timedelta(hours=1)
    expired = await asyncio.gather(*(stored(bucket, NOW - n * hour - DAY) for n in range(250)))
    kept = await asyncio.gather(*(stored(bucket, NOW + n * hour) for n in range(50)))

    assert await sweeper(counted).sweep() == len(expired)

    left = await all_keys(bucket)
    assert {key.split("/")[1] for key in left if key.startswith("team/")} == set(kept)
    for index in ("_expiry/", "_listed/"):
        assert len([key for key in left if key.startswith(index)]) == len(kept)
    assert counted.reads == len(expired)
    # For each run one list of what it left; for the index one list, and one for each of its hours.
    hours = 250
    assert counted.lists == len(expired) + hours + 1

    assert await sweeper(counted).sweep() == 0


async def test_two_that_sweep_at_the_same_time_do_no_harm(bucket: BucketStore) -> None:
    for _ in range(30):
        await stored(bucket, NOW - DAY)

    await asyncio.gather(*(sweeper(bucket).sweep() for _ in range(2)))

    assert await all_keys(bucket) == set()


async def test_a_task_that_is_deleted_while_it_is_archived_leaves_nothing(
    http: httpx.Client, place: Place, bucket: BucketStore
) -> None:
    async with httpx.AsyncClient(base_url=http.base_url, trust_env=False) as gateway:
        submitted = await gateway.post("/v1/services/studio/tasks/echo", json={"n": 1})
        name = submitted.json()["id"]
        place.succeed(name, b"done")
        run = TaskRun.model_validate(place.run(name))

        assert (await gateway.delete(f"/v1/tasks/{name}")).status_code == 204
        await Archive(StoreGuard(bucket, lambda: NOW)).keep(Record(run, NOW + 7 * DAY))
        assert (await gateway.get(f"/v1/tasks/{name}")).status_code == 200  # until somebody looks

        await sweeper(bucket, NOW + timedelta(hours=3)).sweep()
        assert (await gateway.get(f"/v1/tasks/{name}")).status_code == 404
    await sweeper(bucket, NOW + 8 * DAY).sweep()
    assert place.objects() == set()


async def test_an_empty_bucket_costs_one_request(bucket: BucketStore) -> None:
    counted = Counted(bucket)

    assert await sweeper(counted).sweep() == 0

    assert (counted.lists, counted.reads) == (1, 0)


def sweeper(bucket: BucketStore, at: datetime = NOW) -> Sweeper:
    archive = Archive(StoreGuard(bucket, lambda: at))
    return Sweeper(bucket, archive, Cache(), all_listed(), DAY, lambda: at)


async def stored(bucket: BucketStore, expires_at: datetime) -> str:
    """A run that was archived, with its data; its name."""
    name = new_run_name(expires_at - 7 * DAY)
    run = TaskRun(
        metadata=Metadata(name=name, namespace="team", uid=name),
        spec=TaskRunSpec(service="studio", task="echo", input=TaskInput(inline={})),
        status=TaskRunStatus(phase=Phase.SUCCEEDED, finished_at=expires_at - 7 * DAY),
    )
    for part in ("input", "1/log", "1/result", "2/result"):
        await bucket.put_bytes(f"team/{name}/{part}", b"data")
    await Archive(StoreGuard(bucket, lambda: NOW)).keep(Record(run, expires_at))
    return name


async def all_keys(bucket: BucketStore) -> set[str]:
    return {
        key
        for folder in ("team", "_expiry", "_listed")
        async for page in bucket.list(folder)
        for key in page
    }
