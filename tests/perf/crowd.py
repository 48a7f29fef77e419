"""While a thousand tasks run: how long a new TaskRun waits for its Job."""

from __future__ import annotations

import asyncio

from .api import Json
from .figures import Figure, percentile
from .moments import Moments
from .workloads import ENDLESS
from .yard import Yard

LIVE = 1000
NEW = 150
PER_SECOND = 5


async def measure(yard: Yard) -> list[Figure]:
    """The latency of starting under a load that stays."""
    live = [f"live-{number}" for number in range(LIVE)]
    async with Moments(yard.api, yard.runs.path, _runs) as running:
        await yard.api.create_all(yard.runs.path, (yard.runs.manifest(n, ENDLESS) for n in live))
        await running.all(live)
    new = [f"new-{number}" for number in range(NEW)]
    await yard.runs.prepare(new)
    await yard.quiet()
    begun: dict[str, float] = {}
    async with (
        Moments(yard.api, yard.jobs.path, lambda job: True) as jobs,
        Moments(yard.api, yard.runs.path, yard.runs.ended) as ended,
    ):
        for name in new:
            begun[name] = asyncio.get_running_loop().time()
            await yard.api.create(yard.runs.path, yard.runs.manifest(name))
            await asyncio.sleep(1 / PER_SECOND)
        await ended.all(new)
    waits = [jobs.at[f"{name}-1"] - begun[name] for name in new]
    lives = [ended.at[name] - begun[name] for name in new]
    # From above, as they are alive: for a pod that is taken away its Job, and for a Job its run, has another.
    for path in (yard.runs.path, yard.jobs.path):
        await yard.api.empty(path)
    await yard.clear()
    of = f"{LIVE} tasks live, {PER_SECOND} new a second"
    return [
        Figure(f"{of}: median from TaskRun to Job", percentile(waits, 50), "s"),
        Figure(f"{of}: 99 % from TaskRun to Job", percentile(waits, 99), "s", at_most=1),
        Figure(f"{of}: median from creation to end", percentile(lives, 50), "s"),
    ]


def _runs(run: Json) -> bool:
    return bool(run.get("status", {}).get("phase") == "Running")
