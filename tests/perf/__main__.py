"""The measurements by hand: `python -m tests.perf [burst|steady|crowd|history …]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.cluster.binaries import KUBERNETES
from tests.cluster.control_plane import ControlPlane
from tests.cluster.object_store import S3Server
from tests.cluster.parts import CONTROL_PLANE, OBJECT_STORE
from tests.cluster.sessions import use

from . import burst, crowd, history, steady
from .document import FIGURES, write
from .figures import Figure, save
from .yard import Yard, yard

MEASUREMENTS: dict[str, Callable[[Yard], Awaitable[list[Figure]]]] = {
    "burst": burst.measure,
    "steady": steady.measure,
    "crowd": crowd.measure,
    "history": history.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument(
        "measurements", nargs="*", choices=[*MEASUREMENTS, []], metavar="measurement"
    )
    parser.add_argument("--json", type=Path, default=FIGURES, help="where the figures are kept")
    chosen = parser.parse_args()
    if unknown := set(chosen.measurements) - MEASUREMENTS.keys():
        parser.error(
            f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}"
        )
    with use(CONTROL_PLANE) as plane, use(OBJECT_STORE) as store:
        asyncio.run(_measure(plane, store, chosen.measurements or [*MEASUREMENTS], chosen.json))
    if chosen.json == FIGURES:
        write()
    return 0


async def _measure(plane: ControlPlane, store: S3Server, names: list[str], file: Path) -> None:
    async with yard(plane, store) as place:
        for name in names:
            print(f"{name}:", flush=True)
            began, load = time.monotonic(), os.getloadavg()[0]
            figures = await MEASUREMENTS[name](place)
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
