"""The GPUs that the node claims to have: no device is behind them, only their number.

The scheduler counts them as it counts real ones, so that a test can see who waits for whom. They
are written to the Node's status, which the kubelet leaves alone until it is started again.
"""

from __future__ import annotations

import json

from . import api
from .kubeconfig import kubeconfig
from .kubectl import Kubectl
from .kubelet import NODE_PATH
from .layout import NODE_NAME

RESOURCE = "nvidia.com/gpu"


def set_gpus(count: int, resource: str = RESOURCE) -> None:
    """Let the node claim to have so many."""
    escaped = resource.replace("/", "~1")  # as JSON patches write a slash
    paths = [f"/status/{kind}/{escaped}" for kind in ("capacity", "allocatable")]
    changes = [{"op": "add", "path": path, "value": str(count)} for path in paths]
    patch = ("--subresource=status", "--type=json", "--patch", json.dumps(changes))
    Kubectl(kubeconfig())("patch", "node", NODE_NAME, *patch)


def count(resource: str = RESOURCE) -> int | None:
    """How many it claims to have; None when nobody has said anything."""
    claimed = api.get(NODE_PATH)["status"]["capacity"].get(resource)
    return None if claimed is None else int(claimed)
