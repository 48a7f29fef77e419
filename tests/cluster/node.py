"""One node on this machine: its network, containerd, the kubelet, and the node's smaller servers.

The order of `up` is the order in which the parts need each other. `down` first ends what could
start something anew, then what was started, and then clears away what the kernel still holds.
"""

from __future__ import annotations

from . import containers, gpus, kubelet, network, packages, runtime, services
from .binaries import NODE, binary
from .processes import Process

NAMES = ("containerd", "kubelet", "api-forwarder", "kube-proxy", "coredns", "docker-registry")
DEFAULT_GPUS = 2


def up() -> None:
    """Start what does not run; the control plane must be up."""
    packages.install(*packages.NODE, *packages.IMAGES)
    for name in NODE:
        binary(name)
    containers.note_folders()
    network.up()
    runtime.up()
    kubelet.up()
    services.up()
    if gpus.count() is None:
        gpus.set_gpus(DEFAULT_GPUS)


def down() -> None:
    """Stop everything, with all pods, whatever state they are in."""
    Process("kubelet").stop()
    kubelet.forget_node()
    containers.kill()
    for name in reversed(NAMES):
        Process(name).stop()
    containers.remove_traces()
    network.down()


def present() -> bool:
    """Whether there is something of a node to take down, running or not."""
    return containers.noted_folders().exists()


def running() -> bool:
    return all(Process(name).alive() for name in NAMES)
