"""Many tasks at once against as many bare Jobs: tasks per second, CPU of a task, requests of a task."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from .figures import Figure, of_rounds, percentile
from .moments import Moments
from .readings import CONTROLLER, OBJECT_STORE, Cpu, requests
from .workloads import Workload
from .yard import READS, WRITES, Yard

SIZES = {300: 3, 2000: 1}
"""Objects of a burst, and how many rounds of it there are of each kind."""


@dataclass(frozen=True)
class Burst:
    """What came of one burst: the seconds to each end, the CPU, and the requests by kind."""

    ends: list[float]
    cpu: Cpu
    requests: dict[str, int]

    @property
    def rate(self) -> float:
        """Ended per second, from the first creation to the last end."""
        return len(self.ends) / max(self.ends)

    def milliseconds(self, process: str) -> float:
        """CPU of a process for each object."""
        return 1000 * self.cpu.by_process[process] / len(self.ends)

    @property
    def system(self) -> float:
        """Milliseconds of CPU that the whole system used for each object."""
        return 1000 * self.cpu.system / len(self.ends)

    def each(self, kind: str) -> float:
        """Requests of this kind for each object."""
        return self.requests.get(kind, 0) / len(self.ends)


async def measure(yard: Yard) -> list[Figure]:
    """All figures of all sizes."""
    figures = []
    for size, rounds in SIZES.items():
        bursts: defaultdict[str, list[Burst]] = defaultdict(list)
        for number, workload in _turns(yard, rounds):
            burst = await _burst(yard, workload, size, number)
            bursts[workload.word].append(burst)
            print(
                f"  {size} {workload.word}: {burst.rate:.1f}/s, system {burst.system:.1f} ms, "
                f"others on the machine {burst.cpu.others:.2f} cores",
                flush=True,
            )
        figures += _figures(size, bursts[yard.runs.word], bursts[yard.jobs.word])
    return figures


def _turns(yard: Yard, rounds: int) -> Iterator[tuple[int, Workload]]:
    """Both kinds, one after the other, and the one that was second is first the next time."""
    for number in range(rounds):
        order: list[Workload] = [yard.jobs, yard.runs]
        for workload in order if number % 2 == 0 else reversed(order):
            yield number, workload


async def _burst(yard: Yard, workload: Workload, size: int, number: int) -> Burst:
    names = [f"burst-{size}-{number}-{each}" for each in range(size)]
    await workload.prepare(names)
    before, asked = await yard.quiet(), await requests(yard.api)
    async with Moments(yard.api, workload.path, workload.ended) as ends:
        began = asyncio.get_running_loop().time()
        await yard.api.create_all(workload.path, map(workload.manifest, names))
        await ends.all(names)
    used, answered = await yard.quiet() - before, await requests(yard.api)
    await yard.clear()
    return Burst([at - began for at in ends.at.values()], used, dict(answered - asked))


def _figures(size: int, runs: list[Burst], jobs: list[Burst]) -> list[Figure]:
    def both(name: str, unit: str, value: str) -> list[Figure]:
        return [
            of_rounds(f"{size} {word} at once: {name}", [getattr(b, value) for b in bursts], unit)
            for word, bursts in (("tasks", runs), ("bare Jobs", jobs))
        ]

    pairs = list(zip(runs, jobs, strict=True))
    of = f"{size} tasks at once"
    controller = [run.milliseconds(CONTROLLER) for run in runs]
    return [
        of_rounds(
            f"{of}: rate against bare Jobs", [r.rate / j.rate for r, j in pairs], at_least=0.9
        ),
        *both("rate", "/s", "rate"),
        *(
            of_rounds(
                f"{size} {word} at once: median from creation to end",
                [percentile(b.ends, 50) for b in bursts],
                "s",
            )
            for word, bursts in (("tasks", runs), ("bare Jobs", jobs))
        ),
        of_rounds(f"{of}: CPU of the controller", controller, "ms/task", at_most=8),
        of_rounds(
            f"{of}: CPU of the system against bare Jobs",
            [r.system / j.system for r, j in pairs],
            at_most=1.5,
        ),
        *both("CPU of the system", "ms/task", "system"),
        of_rounds(
            f"{of}: CPU of the object store",
            [r.milliseconds(OBJECT_STORE) for r in runs],
            "ms/task",
        ),
        of_rounds(f"{of}: writes of the controller", [r.each(WRITES) for r in runs], "/task"),
        of_rounds(f"{of}: reads of the controller", [r.each(READS) for r in runs], "/task"),
    ]
