"""What the measured processes have used, and what was asked of the API server."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.control_plane import NAMES
from tests.cluster.object_store import LOOPBACK
from tests.cluster.processes import Process

from .api import Api

CONTROLLER = "controller"
OBJECT_STORE = "object store"
SYSTEM = (*NAMES, CONTROLLER)
"""The processes of a whole system; what fakes the nodes, and the object store, are told apart."""

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """CPU seconds that each process has used, and of the machine all that was used by anybody."""

    at: float
    by_process: Mapping[str, float]
    machine: float

    def __sub__(self, before: Cpu) -> Cpu:
        used = {
            name: seconds - before.by_process.get(name, 0.0)
            for name, seconds in self.by_process.items()
        }
        return Cpu(self.at - before.at, used, self.machine - before.machine)

    @property
    def system(self) -> float:
        """Seconds of the whole system."""
        return sum(self.by_process[name] for name in SYSTEM if name in self.by_process)

    @property
    def others(self) -> float:
        """Cores that processes used which have nothing to do with the measurement."""
        return max(0.0, self.machine - sum(self.by_process.values())) / self.at


def cpu(controller: int) -> Cpu:
    """What has been used up to now; `controller` is its pid."""
    pids = {name: Process(name).pid() for name in (*NAMES, "kwok")}
    pids[OBJECT_STORE] = Process(f"object-store-{LOOPBACK}").pid()
    pids |= {CONTROLLER: controller, "measuring": os.getpid()}
    used = {name: _seconds(pid) for name, pid in pids.items() if pid is not None}
    return Cpu(time.monotonic(), used, _machine())


def memory(pid: int) -> dict[str, float]:
    """MiB of memory that a process has now (`VmRSS`) and had at most (`VmHWM`)."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", text, re.MULTILINE)
    return {name: int(amount) / 1024 for name, amount in found}


async def requests(api: Api) -> Counter[str]:
    """How many requests the API server has had: of the controller, and of all by verb and resource.

    The controller's are told from others' by the flow schemas of `yard`.
    """
    counted: Counter[str] = Counter()
    for line in (await api.text("/metrics")).splitlines():
        name, _, rest = line.partition("{")
        if name == "apiserver_flowcontrol_dispatched_requests_total":
            labels, value = _labels(rest)
            counted[labels["flow_schema"]] += value
        elif name == "apiserver_request_total":
            labels, value = _labels(rest)
            parts = (labels[word] for word in ("verb", "resource", "subresource"))
            counted[" ".join(part for part in parts if part)] += value
    return counted


def _labels(rest: str) -> tuple[dict[str, str], int]:
    labels, _, value = rest.rpartition("} ")
    return dict(re.findall(r'(\w+)="([^"]*)"', labels)), int(float(value))


def _seconds(pid: int) -> float:
    # The name, in parentheses, may itself hold spaces and parentheses.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _machine() -> float:
    user, nice, system, _, _, interrupts, soft, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft) / _TICK
