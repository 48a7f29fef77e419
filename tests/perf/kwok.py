"""Nodes that only seem to be there: KWOK plays the kubelet of each, and no container ever runs.

Nobody else's pods come to them, since they are tainted; and the pods of the measurements, which have
the toleration and the selector of `PLACEMENT`, go nowhere else.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from taskyard.api.report import Report, ResultInfo
from tests.cluster.binaries import binary
from tests.cluster.files import keep
from tests.cluster.kubeconfig import kubeconfig
from tests.cluster.layout import state_dir
from tests.cluster.processes import Process

from .api import Api

NODES = 20
"""Of 200 pods each, as `stages.yaml` has it."""
RUN_TIME = "taskyard.dev/bench-run-time"
"""The annotation of a pod that tells how long it runs, as Go writes a duration."""
COPY = "taskyard.dev/bench-copy"
"""The annotation of a pod that is left alone, as its status is written by us."""
PLACEMENT: dict[str, Any] = {
    "nodeSelector": {"taskyard.dev/bench": "true"},
    "tolerations": [{"key": "taskyard.dev/bench", "operator": "Exists"}],
}
RESULT = b'"a small result"'
REPORT = Report(
    "Succeeded",
    result=ResultInfo(len(RESULT), hashlib.sha256(RESULT).hexdigest(), "application/json"),
)

_STAGES = Path(__file__).with_name("stages.yaml")


def kwok() -> Process:
    """The process; the first call on a machine builds it."""
    stages = _STAGES.read_text().replace("REPORT", REPORT.to_json())
    file = keep(state_dir() / "kwok" / "stages.yaml", stages)
    return Process("kwok", [binary("kwok"), f"--kubeconfig={kubeconfig()}", f"--config={file}"])


async def up(api: Api) -> None:
    """Start KWOK anew, and have all its nodes ready."""
    kwok().stop()
    kwok().start()
    for name in _names():
        await api.create_if_missing("/api/v1/nodes", _node(name))
    await api.until(lambda: _ready(api), "the faked nodes are ready")


async def down(api: Api) -> None:
    """Take the nodes away, then what plays them."""
    for name in _names():
        await api.delete(f"/api/v1/nodes/{name}")
    kwok().stop()


def _names() -> list[str]:
    return [f"bench-{number}" for number in range(NODES)]


def _node(name: str) -> dict[str, Any]:
    taint = {"key": "taskyard.dev/bench", "value": "true", "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"taskyard.dev/bench": "true"}},
        "spec": {"taints": [taint]},
    }


async def _ready(api: Api) -> bool:
    """Whether pods may be scheduled to all of them: the taints of a new node are gone."""
    nodes = await api.list("/api/v1/nodes", "taskyard.dev/bench=true")
    return len(nodes) == NODES and all(len(node["spec"]["taints"]) == 1 for node in nodes)
