"""The whole cluster: control plane, node, registry and object store, up and down as one.

`up` may be called at any time: it starts only what does not run. `down` takes away all that there
is, in whatever state it is, and leaves only the cache.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import containers, control_plane, node, object_store
from .commands import ClusterError
from .control_plane import ControlPlane
from .layout import HOST_IP, REGISTRY, state_dir
from .locks import alone
from .object_store import LOOPBACK, S3Server
from .processes import any_alive
from .requirements import why_no_node


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs pods, and what belongs to it."""

    kubeconfig: Path
    registry: str
    """The first part of the names of images that pods can pull, see `images.build`."""
    host_ip: str
    """Where pods reach servers that a test runs in its own process."""
    object_store: S3Server
    """Reached by pods and by the test at the same address."""


def up() -> Cluster:
    """Start everything that does not run."""
    with alone("cluster"):
        if reason := why_no_node():
            raise ClusterError(reason)
        plane = control_plane.up()
        node.up()
        return Cluster(plane.kubeconfig, REGISTRY, HOST_IP, object_store.up(HOST_IP))


def up_control_plane() -> ControlPlane:
    """Start the part that needs neither root nor packages of the distribution."""
    with alone("cluster"):
        return control_plane.up()


def up_object_store() -> S3Server:
    """Start an object store for the tests alone; pods cannot reach it."""
    with alone("cluster"):
        return object_store.up(LOOPBACK)


def down_control_plane() -> None:
    """Take away the control plane, and leave an object store that runs without it."""
    with alone("cluster"):
        control_plane.down()
        _remove_unused_state()


def down_object_store() -> None:
    """Take away the object store of `up_object_store`."""
    with alone("cluster"):
        object_store.down(LOOPBACK)
        _remove_unused_state()


def down_node() -> None:
    """Take away the node and what only it can use, and leave the control plane as it is."""
    with alone("cluster"):
        _down_node()
        _remove_unused_state()


def down() -> None:
    """Take away everything."""
    with alone("cluster"):
        _down_node()
        object_store.down(LOOPBACK)
        control_plane.down()
        _remove_unused_state()


def _down_node() -> None:
    object_store.down(HOST_IP)
    if node.present():
        node.down()


def _remove_unused_state() -> None:
    if any_alive():
        return
    if mounted := containers.mounts():  # removing files there would remove somebody else's
        raise ClusterError(f"still mounted: {', '.join(mounted)}")
    shutil.rmtree(state_dir(), ignore_errors=True)
