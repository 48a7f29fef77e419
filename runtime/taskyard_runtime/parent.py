"""Ends a runner with its server, and all it started with it: on one machine no kubelet clears up."""

import ctypes
import os
import platform
import signal
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress

from taskyard.api.runner import PARENT_VARIABLE
from taskyard_runtime.family import descendants_of

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 1.0


@contextmanager
def ending_with_parent(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Send SIGTERM to this process when its server dies; nothing it started outlives the block.

    In a container, where the variable is not set, both are the kubelet's business.
    """
    text = environment.pop(PARENT_VARIABLE, "")
    if not text.isdigit():
        yield
        return
    _watch(int(text))
    try:
        yield
    finally:
        while found := list(descendants_of(os.getpid())):
            for pid in found:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(-1, 0)


def _watch(parent: int) -> None:
    if platform.system() == "Linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # What a task leaves behind becomes our child, wherever it was in the tree.
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        if os.getppid() != parent:  # It died before it could be watched.
            os.kill(os.getpid(), signal.SIGTERM)
        return
    threading.Thread(target=_look, args=(parent,), name="parent", daemon=True).start()


def _look(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
