"""A controller starts where the time of a thousand TaskRuns is over: how fast they go, and who waits for that.

They are copies of one real run, with its Job, its pod and its record.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.keys import record_key
from taskyard_operator.core.record import Record
from taskyard_operator.core.retention import RetentionSettings

from .api import at_once
from .figures import Figure, percentile
from .history import Original, one_that_has_ended
from .moments import Moments
from .readings import CONTROLLER, requests
from .workloads import SLOW
from .yard import NAMESPACE, READS, WRITES, Yard

DUE = 1000
SECONDS = 15
"""For so long deletions are counted, and then for as long again one new task a second beside them."""

_BOUND = RetentionSettings().deletions_per_second


async def measure(yard: Yard) -> list[Figure]:
    """Deletions by themselves, then the latency of new tasks while they go on."""
    original = await one_that_has_ended(yard)
    original.run["spec"]["service"] = SLOW  # whose runs are kept for a few seconds
    yard.controllers.stop()
    await at_once(range(DUE), lambda number: _copy(yard, original, f"due-{number}"))
    await yard.start_controller()
    deleted, lives = await _deletions(yard), await _new_tasks(yard)
    assert await _left(yard), "all had gone before the last new task ended"
    await yard.clear()
    of = f"{DUE} TaskRuns due at once"
    return [
        # The first of them has no other to wait for.
        Figure(f"{of}: deleted", deleted.rate, "/s", at_most=_BOUND + 1 / SECONDS),
        Figure(f"{of}: writes of the controller", deleted.writes, "/run", at_most=1.05),
        Figure(f"{of}: reads of the controller", deleted.reads, "/run", at_most=0.05),
        Figure(f"{of}: CPU of the controller", deleted.controller, "ms/run"),
        Figure(f"{of}: CPU of the system", deleted.system, "ms/run"),
        Figure(
            "beside them, one task a second: median from creation to end",
            percentile(lives, 50),
            "s",
            at_most=0.3,
        ),
    ]


@dataclass(frozen=True)
class _Deleted:
    """Deletions per second, and what each took: requests, and ms of CPU."""

    rate: float
    writes: float
    reads: float
    controller: float
    system: float


async def _deletions(yard: Yard) -> _Deleted:
    # CPU and its time are read around all else, so that the rate is never told as higher than it was.
    used, asked, left = yard.cpu(), await requests(yard.api), await _left(yard)
    await asyncio.sleep(SECONDS)
    gone = left - await _left(yard)
    taken = yard.cpu() - used
    asked = await requests(yard.api) - asked
    return _Deleted(
        gone / taken.at,
        asked[WRITES] / gone,
        asked[READS] / gone,
        taken.by_process[CONTROLLER] / gone * 1000,
        taken.system / gone * 1000,
    )


async def _new_tasks(yard: Yard) -> list[float]:
    """Seconds from the creation to the end of one task a second."""
    names = [f"beside-{number}" for number in range(SECONDS)]
    await yard.runs.prepare(names)
    begun: dict[str, float] = {}
    async with Moments(yard.api, yard.runs.path, yard.runs.ended) as ended:
        for name in names:
            begun[name] = asyncio.get_running_loop().time()
            await yard.api.create(yard.runs.path, yard.runs.manifest(name))
            await asyncio.sleep(1)
        await ended.all(names)
    return [ended.at[name] - begun[name] for name in names]


async def _copy(yard: Yard, original: Original, name: str) -> None:
    run = TaskRun.model_validate(await original.copy(yard, name))
    record = Record(run, datetime.now(UTC) + timedelta(days=7))
    key = f"{NAMESPACE}/{record_key(NAMESPACE, name)}"
    await yard.runs.store.store().put_async(key, record.to_json())


async def _left(yard: Yard) -> int:
    page = await yard.api.get(yard.runs.path, limit="1")
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))
