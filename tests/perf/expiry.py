"""What it costs to delete the runs whose data has expired in an hour, where very many are stored.

Nothing is faked: the objects are those that runs leave, in a real S3 server, and the sweeper is the
controller's own.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from taskyard.api.names import new_run_name
from taskyard.api.reasons import Phase
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard_operator.core.record import Record
from taskyard_operator.engine.archive import Archive
from taskyard_operator.engine.cache import Cache
from taskyard_operator.engine.store_guard import StoreGuard
from taskyard_operator.engine.sweeper import Sweeper
from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.objects.store import BucketStore
from tests.cluster.object_store import LOOPBACK, S3Server, empty
from tests.cluster.parts import OBJECT_STORE
from tests.cluster.sessions import use
from tests.engine.world import all_listed
from tests.retention.counting import Counted

from .figures import Figure
from .readings import memory

STORED = int(os.environ.get("TASKYARD_BENCH_STORED") or 100_000)
"""Runs; fewer for a quick look."""
HOURS = 168
"""A week, for which data is kept if nobody says otherwise: in each hour as many runs have ended."""
_KEPT = timedelta(days=7)
_AT_A_TIME = 32


async def measure() -> list[Figure]:
    """Sweeps with the whole week in the store, and with nothing but the hour that has expired."""
    with use(OBJECT_STORE) as server:
        async with _bucket(server) as alone:
            by_themselves = await _sweep(alone, "alone", STORED // HOURS)
        async with _bucket(server) as full:
            others = (_expiring(hour, STORED // HOURS) for hour in range(1, HOURS))
            await _store(full, chain.from_iterable(others), data=())
            among_all = await _sweep(full, f"among {STORED}", STORED // HOURS)
    return [*by_themselves, *among_all]


async def _sweep(bucket: BucketStore, where: str, expired: int) -> list[Figure]:
    await _store(bucket, _expiring(-2, expired), data=("1/result", "1/log"))
    counted, before = Counted(bucket), _memory_from_now_on()
    began, used = time.monotonic(), time.process_time()
    swept = await _sweeper(counted).sweep()
    seconds, used = time.monotonic() - began, time.process_time() - used
    assert swept == expired
    grown, requests = _memory() - before, counted.requests
    idle, again = Counted(bucket), time.monotonic()
    assert await _sweeper(idle).sweep() == 0
    of = f"{expired} expired runs {where}"
    return [
        Figure(f"{of}: deleted", expired / seconds, "/s"),
        Figure(f"{of}: requests", requests / expired, "/run", at_most=3),
        Figure(f"{of}: CPU of the sweeper", used / expired * 1000, "ms/run"),
        Figure(f"{of}: memory at most", grown, "MiB", at_most=50),
        Figure(f"nothing expired {where}: requests of a pass", idle.requests, at_most=2),
        Figure(f"nothing expired {where}: time of a pass", time.monotonic() - again, "s"),
    ]


def _sweeper(bucket: BucketStore) -> Sweeper:
    archive = Archive(StoreGuard(bucket, _now))
    return Sweeper(bucket, archive, Cache(), all_listed(), timedelta(minutes=5), _now)


def _now() -> datetime:
    return datetime.now(UTC)


def _expiring(hour: int, number: int) -> Iterable[datetime]:
    """When the data of so many runs expires that are spread over an hour; 0 is the present one."""
    begins = _now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hour)
    return (begins + timedelta(seconds=1800 * n / number) for n in range(number))


async def _store(bucket: BucketStore, expiries: Iterable[datetime], data: Sequence[str]) -> None:
    """Store what runs leave whose data expires then: record, entry, marker, and those parts of their data."""
    archive, left = Archive(StoreGuard(bucket, _now)), iter(expiries)

    async def some() -> None:
        for expires_at in left:
            run = _run(expires_at - _KEPT)
            for part in data:
                await bucket.put_bytes(f"team/{run.metadata.name}/{part}", b"data")
            await archive.keep(Record(run, expires_at))

    await asyncio.gather(*(some() for _ in range(_AT_A_TIME)))


def _run(ended: datetime) -> TaskRun:
    name = new_run_name(ended)
    return TaskRun(
        metadata=Metadata(name=name, namespace="team", uid=name, creation_timestamp=ended),
        spec=TaskRunSpec(service="studio", task="echo", input=TaskInput(inline={})),
        status=TaskRunStatus(phase=Phase.SUCCEEDED, finished_at=ended),
    )


@asynccontextmanager
async def _bucket(server: S3Server) -> AsyncIterator[BucketStore]:
    """A part of the bucket that is empty, and is empty again afterwards."""
    os.environ["AWS_ACCESS_KEY_ID"] = server.access_key
    os.environ["AWS_SECRET_ACCESS_KEY"] = server.secret_key
    prefix = f"expiry-{secrets.token_hex(4)}"
    bucket = BucketStore(
        StorageSettings(
            url=f"s3://{server.bucket}/{prefix}", endpoint=server.endpoint, region=server.region
        )
    )
    try:
        yield bucket
    finally:
        await asyncio.to_thread(empty, LOOPBACK, prefix)


def _memory_from_now_on() -> float:
    """MiB that this process holds now; its highest memory counts anew from here."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory(os.getpid())["VmRSS"]


def _memory() -> float:
    return memory(os.getpid())["VmHWM"]
