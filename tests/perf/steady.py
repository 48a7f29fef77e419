"""One task a second, and in between one bare Job: how long each takes, and what a task's life writes."""

from __future__ import annotations

import asyncio

from .figures import Figure, percentile
from .moments import Moments
from .readings import requests
from .workloads import SLOW, Workload
from .yard import WRITES, Yard

SECONDS = 40
"""So many of each."""
LIVES = 50
"""So many tasks live until their TaskRun is deleted."""


async def measure(yard: Yard) -> list[Figure]:
    """The latency of a system that has little to do, and the writes of whole lives."""
    (runs, jobs), writes = await _one_a_second(yard), await _writes_of_a_life(yard)
    return [
        Figure(
            "one task a second: median from creation to end", percentile(runs, 50), "s", at_most=0.3
        ),
        Figure("one task a second: 95 % from creation to end", percentile(runs, 95), "s"),
        Figure("one bare Job a second: median from creation to end", percentile(jobs, 50), "s"),
        # One more than the controller's: whoever submits it creates the TaskRun.
        Figure("a task of 3 s: writes from creation to deletion", 1 + writes, "/task", at_most=5),
    ]


async def _one_a_second(yard: Yard) -> tuple[list[float], list[float]]:
    runs = [f"steady-{number}" for number in range(SECONDS)]
    jobs = [f"steady-job-{number}" for number in range(SECONDS)]
    await yard.runs.prepare(runs)
    await yard.quiet()
    async with (
        Moments(yard.api, yard.runs.path, yard.runs.ended) as ended_runs,
        Moments(yard.api, yard.jobs.path, yard.jobs.ended) as ended_jobs,
    ):
        begun: dict[str, float] = {}
        for run, job in zip(runs, jobs, strict=True):
            for workload, name in ((yard.runs, run), (yard.jobs, job)):
                begun[name] = await _create(yard, workload, name)
                await asyncio.sleep(0.5)
        await ended_runs.all(runs)
        await ended_jobs.all(jobs)
    await yard.clear()
    return (
        [ended_runs.at[name] - begun[name] for name in runs],
        [ended_jobs.at[name] - begun[name] for name in jobs],
    )


async def _create(yard: Yard, workload: Workload, name: str) -> float:
    """Create an object; returns when it was asked for."""
    now = asyncio.get_running_loop().time()
    await yard.api.create(workload.path, workload.manifest(name))
    return now


async def _writes_of_a_life(yard: Yard) -> float:
    """Writes of the controller per task, up to the deletion of its TaskRun."""
    names = [f"life-{number}" for number in range(LIVES)]
    await yard.runs.prepare(names)
    before = await requests(yard.api)
    for name in names:
        await yard.api.create(yard.runs.path, yard.runs.manifest(name, SLOW))
        await asyncio.sleep(0.1)

    async def gone() -> bool:
        return not (await yard.api.get(yard.runs.path, limit="1"))["items"]

    await yard.api.until(gone, "the TaskRuns are deleted")
    writes = (await requests(yard.api))[WRITES] - before[WRITES]
    await yard.clear()
    return writes / len(names)
