"""What is done to the cluster: one part after the other is killed, or stopped for some seconds.

THIS STOPS SHARED PARTS: everybody who uses the test cluster feels it.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from tests.chart.rendering import RELEASE
from tests.cluster import cluster
from tests.cluster.commands import ClusterError
from tests.cluster.layout import HOST_IP
from tests.cluster.processes import Process, stopped
from tests.e2e.installation import Installation

T = TypeVar("T")

CONTROLLER = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=controller"
GATEWAY = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=gateway"
PATIENCE = 180.0
"""Seconds: a controller-manager whose API server was stopped takes a minute to hear of anything again."""


@dataclass(frozen=True)
class Part:
    """A part of the whole, which is a process of this machine."""

    name: str
    pid: Callable[[Installation], int]
    renew: Callable[[Installation], None]
    """Sees to it that it runs again after it was killed."""


def _pid_of_server(name: str) -> Callable[[Installation], int]:
    def pid(_: Installation) -> int:
        found = Process(name).pid()
        if found is None:
            raise ClusterError(f"{name} does not run")
        return found

    return pid


def _renew_server(_: Installation) -> None:
    cluster.up()


def _pid_in_pod(selector: str) -> Callable[[Installation], int]:
    return lambda installation: installation.pid(selector)


def _renew_pod(selector: str) -> Callable[[Installation], None]:
    def renew(installation: Installation) -> None:
        # A new pod: the kubelet waits longer before each new start of a container, up to minutes.
        options = ("--force", "--grace-period=0", "--wait=false")
        installation.in_namespace("delete", "pod", "-l", selector, *options)

    return renew


PARTS = (
    Part("controller", _pid_in_pod(CONTROLLER), _renew_pod(CONTROLLER)),
    Part("gateway", _pid_in_pod(GATEWAY), _renew_pod(GATEWAY)),
    Part("API server", _pid_of_server("kube-apiserver"), _renew_server),
    Part("containerd", _pid_of_server("containerd"), _renew_server),
    Part("object store", _pid_of_server(f"object-store-{HOST_IP}"), _renew_server),
)


@dataclass(frozen=True)
class Blow:
    """A part is killed or stopped at a time, and comes back some seconds later."""

    at: float
    part: Part
    kill: bool
    seconds: float

    def __str__(self) -> str:
        what = "killed, and started" if self.kill else "stopped, and woken"
        return f"{self.part.name} {what} {self.seconds:.1f} s later"


def blows(seed: int, seconds: float) -> list[Blow]:
    """Blows one after the other until the time is over; the same for the same seed."""
    draw = random.Random(f"blows {seed}")
    parts: list[tuple[Part, bool]] = []
    found, at = [], draw.uniform(2, 5)
    while at < seconds:
        if not parts:  # each part gets both before any gets one again
            parts = [(part, kill) for part in PARTS for kill in (True, False)]
            draw.shuffle(parts)
        part, kill = parts.pop()
        blow = Blow(at, part, kill, draw.uniform(0.5, 4) if kill else draw.uniform(2, 10))
        found.append(blow)
        at += blow.seconds + draw.uniform(2, 7)
    return found


def strike(blow: Blow, installation: Installation) -> None:
    """Do it, and undo it."""
    pid = _retried(lambda: blow.part.pid(installation))
    if blow.kill:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(blow.seconds)
        _retried(lambda: blow.part.renew(installation))
    else:
        with stopped(pid):
            time.sleep(blow.seconds)


def _retried(act: Callable[[], T]) -> T:
    """Do what needs an API server that may only just be coming back."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except (ClusterError, RuntimeError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
