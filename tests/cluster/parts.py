"""The parts of the cluster that test sessions, and the demo, start and take away by themselves."""

from __future__ import annotations

from . import cluster, control_plane, node, object_store
from .sessions import Part

CONTROL_PLANE = Part(
    "control-plane", control_plane.running, cluster.up_control_plane, cluster.down_control_plane
)
OBJECT_STORE = Part(
    "object-store",
    lambda: object_store.running(object_store.LOOPBACK),
    cluster.up_object_store,
    cluster.down_object_store,
)
NODE = Part("node", node.running, cluster.up, cluster.down_node)
