"""What a cluster has left behind on the machine: nothing, if `cluster.down` did its work."""

from __future__ import annotations

from collections.abc import Sequence

from . import containers, network, object_store
from .layout import HOST_IP, state_dir


def leftovers() -> list[str]:
    """One line for each thing that should be gone after `down`."""
    state = state_dir()
    found: dict[str, Sequence[object]] = {
        "process": containers.processes_of(state),
        "mount": containers.mounts(),
        "network namespace": containers.network_namespaces(),
        "control group": containers.control_groups(),
        "network link": network.links(),
        "packet filter": network.rules(),
        "socket": [*object_store.sockets(object_store.LOOPBACK), *object_store.sockets(HOST_IP)],
        "folder": [*containers.folders(), *([state] if state.exists() else [])],
    }
    return [f"{kind}: {thing}" for kind, things in found.items() for thing in things]
