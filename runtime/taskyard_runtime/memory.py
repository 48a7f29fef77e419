"""What the kernel says of this container's memory: kills, peak and limit, by cgroup v2 or v1."""

import os
import re
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)
_RESET_PEAK = "5"
"""What the kernel takes for the order to count the peak anew; see proc(5)."""


@dataclass(frozen=True, slots=True)
class _Version:
    """Names of a cgroup version's files."""

    kills: str
    peak: str
    limit: str


_V2 = _Version("memory.events", "memory.peak", "memory.max")
_V1 = _Version("memory.oom_control", "memory.max_usage_in_bytes", "memory.limit_in_bytes")


class Memory:
    """The memory of this process's cgroup; without one that can be read, of its children alone."""

    def __init__(self) -> None:
        self._group, self._version = _own_group()
        # On one machine without containers the group is shared, and its peak is not ours.
        self._alone = self._group is not None and _has_only_us(self._group)
        self._kills_before = self._kills()
        self._worker: Path | None = None

    def watch(self, worker: int) -> None:
        """Count the peak of this process, which may outlive the attempt, from now on."""
        self._worker = Path(f"/proc/{worker}")
        with suppress(OSError):
            (self._worker / "clear_refs").write_text(_RESET_PEAK)

    def killed(self) -> bool:
        """Whether the kernel killed a process of the group for memory since this object was made."""
        return self._kills() > self._kills_before

    def peak(self) -> int:
        """The most memory the attempt used, in bytes: of the group, else of the largest process."""
        peak = self._number(self._version.peak) if self._alone else None
        if peak is not None:
            return peak
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return max(largest if sys.platform == "darwin" else largest * 1024, self._peak_of_worker())

    def limit(self) -> int | None:
        """The group's limit in bytes, if there is one."""
        limit = self._number(self._version.limit)
        return None if limit is None or limit >= _UNLIMITED else limit

    def _peak_of_worker(self) -> int:
        if self._worker is not None:
            with suppress(OSError):
                if found := _PEAK.search((self._worker / "status").read_text()):
                    return int(found[1]) * 1024
        return 0

    def _kills(self) -> int:
        for line in self._text(self._version.kills).splitlines():
            word, _, number = line.partition(" ")
            if word == "oom_kill" and number.isdigit():
                return int(number)
        return 0

    def _number(self, name: str) -> int | None:
        text = self._text(name).strip()
        return int(text) if text.isdigit() else None

    def _text(self, name: str) -> str:
        try:
            return (self._group / name).read_text() if self._group is not None else ""
        except OSError:
            return ""


def _own_group() -> tuple[Path | None, _Version]:
    """The folder of our cgroup: where /proc says, or the root where a container sees only its own."""
    paths = _membership()
    candidates = [
        (_ROOT / "memory" / paths.get("memory", ""), _V1),
        (_ROOT / "memory", _V1),
        (_ROOT / paths.get("", ""), _V2),
        (_ROOT, _V2),
    ]
    for folder, version in candidates:
        if (folder / version.kills).is_file():
            return folder, version
    return None, _V2


def _membership() -> dict[str, str]:
    """Our path in each cgroup hierarchy, by controller; that of v2 under the empty name."""
    paths = {}
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            paths[controller] = path.strip("/")
    return paths


def _has_only_us(group: Path) -> bool:
    try:
        members = {int(line) for line in (group / "cgroup.procs").read_text().split()}
    except (OSError, ValueError):
        return False
    return members <= _ancestry(os.getpid())


def _ancestry(pid: int) -> set[int]:
    """The process and its parents: an init process or a shell that started us is no stranger."""
    found: set[int] = set()
    while pid != 0:  # 0 is whoever is outside our own namespace of process ids
        found.add(pid)
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            break
        # The name, in parentheses, may itself hold spaces and parentheses.
        pid = int(stat.rpartition(")")[2].split()[1])
    return found
