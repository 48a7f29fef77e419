"""Whether this machine can run a node: containers need far more rights than a control plane.

The tests that need a node are skipped where it cannot run, with the sentence given here.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
"""Bits of a process's capability mask, as in linux/capability.h."""
_CGROUPS = Path("/sys/fs/cgroup")


def why_no_node() -> str | None:
    """One sentence saying why no node can run here, or None when one can."""
    if sys.platform != "linux":
        return f"a node needs Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "a node needs root: it mounts file systems and makes network interfaces"
    if not shutil.which("apt-get"):
        return "a node needs containerd, runc and CNI plugins from apt, which is not here"
    missing = [name for name, bit in _CAPABILITIES.items() if not _capabilities() >> bit & 1]
    if missing:
        return f"a node needs {' and '.join(missing)}, which root does not have here"
    if not list(_CGROUPS.glob("*")) or not os.access(_CGROUPS, os.W_OK):
        return f"a node needs control groups that it can write to at {_CGROUPS}"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "a node needs the overlay file system, which this kernel does not have"
    return None


def _capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    mask = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return int(mask.split()[1], 16)
