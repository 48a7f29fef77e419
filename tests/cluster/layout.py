"""Where the test cluster lives: its addresses, and its two folders.

The state folder goes away with the cluster. The cache holds what is slow to make, and stays.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

NODE_NAME = "node1"
BRIDGE = "cni0"
HOST_IP = "10.88.0.1"
"""The host as pods see it: the bridge's own address."""
POD_NETWORK = "10.88.0.0/16"
FIRST_POD_IP = "10.88.1.1"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
CLUSTER_DOMAIN = "cluster.local"
API_PORT = 6443
REGISTRY = "localhost:5000"
"""By this very name containerd takes plain HTTP, so that the registry needs no certificates."""


def state_dir() -> Path:
    """Everything that belongs to the running cluster: `$TASKYARD_STATE`, or a fixed folder."""
    given = os.environ.get("TASKYARD_STATE")
    return Path(given).resolve() if given else Path(tempfile.gettempdir()) / "taskyard-cluster"


def cache_dir() -> Path:
    """Binaries and image archives: `$TASKYARD_CACHE`, or a folder in the user's cache."""
    given = os.environ.get("TASKYARD_CACHE")
    return Path(given).resolve() if given else Path.home() / ".cache" / "taskyard"
