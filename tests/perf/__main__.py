"""The measurements by hand: `python -m tests.perf [burst|steady|crowd|history|due|…]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.cluster.binaries import KUBERNETES
from tests.cluster.control_plane import ControlPlane
from tests.cluster.locks import alone
from tests.cluster.object_store import S3Server
from tests.cluster.parts import CONTROL_PLANE, OBJECT_STORE
from tests.cluster.sessions import use

from . import backlog, burst, crowd, due, expiry, history, http, local, steady, transfer
from .document import FIGURES, write
from .figures import Figure, save
from .yard import Yard, yard

ON_A_CLUSTER: dict[str, Callable[[Yard], Awaitable[list[Figure]]]] = {
    "burst": burst.measure,
    "steady": steady.measure,
    "crowd": crowd.measure,
    "history": history.measure,
    "due": due.measure,
}
BY_A_GATEWAY: dict[str, Callable[[ControlPlane, S3Server], Awaitable[list[Figure]]]] = {
    "transfer": transfer.measure,
    "http": http.measure,
}
ON_THIS_MACHINE: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "local": local.measure,
    "backlog": backlog.measure,
    "expiry": expiry.measure,
}
MEASUREMENTS = (*ON_A_CLUSTER, *BY_A_GATEWAY, *ON_THIS_MACHINE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument(
        "measurements", nargs="*", choices=[*MEASUREMENTS, []], metavar="measurement"
    )
    parser.add_argument("--json", type=Path, default=FIGURES, help="where the figures are kept")
    chosen = parser.parse_args()
    if unknown := set(chosen.measurements) - set(MEASUREMENTS):
        parser.error(
            f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}"
        )
    names = chosen.measurements or MEASUREMENTS
    with alone("bench"):  # two would share a namespace, and slow each other down
        _measure_all(names, chosen.json)
    if chosen.json == FIGURES:
        write()
    return 0


def _measure_all(names: Sequence[str], file: Path) -> None:
    if on_a_cluster := [name for name in names if name in ON_A_CLUSTER]:
        with use(CONTROL_PLANE) as plane, use(OBJECT_STORE) as store:
            asyncio.run(_on_a_cluster(plane, store, on_a_cluster, file))
    for name in names:
        if name in BY_A_GATEWAY:
            with use(CONTROL_PLANE) as plane, use(OBJECT_STORE) as store:
                asyncio.run(_measure(name, partial(BY_A_GATEWAY[name], plane, store), file))
    for name in names:
        if name in ON_THIS_MACHINE:
            asyncio.run(_measure(name, ON_THIS_MACHINE[name], file))


async def _on_a_cluster(plane: ControlPlane, store: S3Server, names: list[str], file: Path) -> None:
    async with yard(plane, store) as place:
        for name in names:
            await _measure(name, partial(ON_A_CLUSTER[name], place), file)


async def _measure(name: str, measure: Callable[[], Awaitable[list[Figure]]], file: Path) -> None:
    print(f"{name}:", flush=True)
    began, load = time.monotonic(), os.getloadavg()[0]
    figures = await measure()
    for figure in figures:
        print(figure.line(), flush=True)
    save(file, name, figures, _about(time.monotonic() - began, load))


def _about(seconds: float, load: float) -> dict[str, Any]:
    """What has to be known of a measurement besides its figures."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(seconds),
        "load_before": round(load, 2),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        "python": platform.python_version(),
        "kubernetes": KUBERNETES,
        "kopf": version("kopf"),
    }


if __name__ == "__main__":
    sys.exit(main())
