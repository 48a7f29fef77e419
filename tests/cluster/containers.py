"""Ends the containers of the node, and removes what they leave in the kernel and on the disk.

By way of the kernel, not of containerd: it works just as well when containerd hangs or is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .commands import ClusterError, succeeds
from .files import keep
from .layout import state_dir
from .runtime import socket

_DEADLINE_SECONDS = 10
_CGROUPS = Path("/sys/fs/cgroup")
_NETWORK_NAMESPACES = Path("/run/netns")
# Folders that the kubelet, containerd's shims, the CNI library and buildah make, whatever their
# settings say.
_FIXED_FOLDERS = (
    "/etc/cni",
    "/run/containerd",
    "/run/netns",
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/var/log/containers",
)


def note_folders() -> None:
    """Remember which of the fixed folders the machine does not have: `down` removes just those."""
    if not noted_folders().exists():
        absent = [folder for folder in _FIXED_FOLDERS if not Path(folder).exists()]
        keep(noted_folders(), json.dumps(absent))


def kill() -> None:
    """Kill every process in the pods' control groups, until none is left."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while pids := list(_pod_processes()):
        if time.monotonic() > deadline:
            raise ClusterError(f"processes of pods cannot be killed: {pids}")
        for pid in pids:
            _kill(pid)
        time.sleep(0.02)


def remove_traces() -> None:
    """Remove shims, mounts, network namespaces and control groups, once containerd has ended."""
    for pid in shims():
        _kill(pid)
    for mount in mounts():
        succeeds("umount", "--lazy", mount)
    for namespace in network_namespaces():
        succeeds("umount", "--lazy", namespace)
        namespace.unlink(missing_ok=True)
    for group in control_groups():
        with suppress(OSError):
            group.rmdir()
    for folder in folders():
        shutil.rmtree(folder, ignore_errors=True)
    noted_folders().unlink(missing_ok=True)


def shims() -> list[int]:
    """The processes that stand between our containerd and its containers."""
    return [pid for pid in _all_pids() if f" {socket()} " in _command_line(pid)]


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that name something in the folder."""
    lines = [f"{pid} {_command_line(pid)}" for pid in _all_pids()]
    return [line.strip() for line in lines if f"{folder}/" in line]


def mounts() -> list[str]:
    """What is mounted in the state folder, innermost first."""
    lines = Path("/proc/mounts").read_text().splitlines()
    paths = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return sorted((path for path in paths if path.startswith(f"{state_dir()}/")), reverse=True)


def network_namespaces() -> list[Path]:
    """Those of pods: nobody else on a machine that runs this node gives them such names."""
    return sorted(_NETWORK_NAMESPACES.glob("cni-*"))


def control_groups() -> list[Path]:
    """Those of pods, innermost first; version 1 has a tree for each controller."""
    roots = [*_CGROUPS.glob("kubepods"), *_CGROUPS.glob("*/kubepods")]
    groups = [group for root in roots for group in (root, *root.rglob("*/"))]
    return sorted(groups, reverse=True)


def folders() -> list[Path]:
    """Those of the fixed folders that are there because of the node."""
    if not noted_folders().exists():
        return []
    noted = map(Path, json.loads(noted_folders().read_text()))
    return [folder for folder in noted if folder.exists()]


def noted_folders() -> Path:
    """The list of folders that the machine did not have before the node."""
    return state_dir() / "absent-folders.json"


def _pod_processes() -> Iterator[int]:
    for group in control_groups():
        with suppress(OSError):  # the group may be gone by now
            yield from map(int, (group / "cgroup.procs").read_text().split())


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
