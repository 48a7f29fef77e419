"""The processes of an attempt, whatever they have become: found by a mark in their environment.

A process group is left by whoever calls `setsid`, and a parent by whoever outlives it; an environment
is inherited by all.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import psutil

MARK = "TASKYARD_ATTEMPT"
"""The environment variable that all processes of an attempt have."""


def processes_of(mark: str) -> Iterator[psutil.Process]:
    """The processes whose mark begins so; of other users' processes nothing is known."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK, "").startswith(mark):
                yield process


def kill_all(mark: str) -> int:
    """Kill all of them, also those that are started meanwhile; how many there were."""
    killed = 0
    while found := [process for process in processes_of(mark) if _kill(process)]:
        killed += len(found)
        psutil.wait_procs(found, timeout=1)
    return killed


def memory_of(pid: int) -> int:
    """The bytes of memory that a process and all below it hold; 0 where it has ended."""
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _kill(process: psutil.Process) -> bool:
    """Whether there was something to kill: what has ended, and only waits for its parent, is not."""
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            process.send_signal(signal.SIGKILL)
            return True
    return False
