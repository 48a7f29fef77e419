"""What a task finds around it, and what it may have changed of that for the one after it."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from taskyard_runtime.family import descendants_of, has_ended

_TRACKER = b"multiprocessing.resource_tracker"
"""In the command line of a process of Python's own, which is started when one is first needed."""


class Surroundings:
    """Folder, environment, streams and child processes, as they are once the service is built."""

    def __init__(self) -> None:
        self._folder = os.getcwd()  # noqa: PTH109 - what `chdir` takes
        self._environment = dict(os.environ)
        self._streams = sys.stdout, sys.stderr
        self._family = set(descendants_of(os.getpid()))

    def restore(self) -> str:
        """Make it as it was; why that cannot be done, as the end of a sentence, or an empty string.

        Not put back is what Python code has changed of its own modules: that is what a service is
        kept for.
        """
        if any(stream.closed for stream in self._streams):
            return "the task has closed its output"
        if left := list(self._left_behind()):
            return f"the task has left {len(left)} of its processes behind"
        signal.setitimer(signal.ITIMER_REAL, 0)  # an alarm, too, would end the next task
        sys.stdout, sys.stderr = self._streams
        try:
            os.chdir(self._folder)
        except OSError as error:
            return f"its folder cannot be gone back to: {error.strerror}"
        if self._environment != dict(os.environ):
            for name in set(os.environ) - set(self._environment):
                del os.environ[name]
            os.environ.update(self._environment)
        return ""

    def _left_behind(self) -> Iterator[int]:
        """What was started since, but for what has ended and what Python starts for itself."""
        for pid in set(descendants_of(os.getpid())) - self._family:
            with suppress(OSError):
                tracker = _TRACKER in Path(f"/proc/{pid}/cmdline").read_bytes()
                if not tracker and not has_ended(pid):
                    yield pid


def take_output(descriptor: int) -> None:
    """Send all that is printed to a descriptor from now on; closes it."""
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)


def let_go_of_output() -> None:
    """Let nothing that is printed from now on get to where it went; also what C code holds back goes there."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    ctypes.CDLL(None).fflush(None)
    take_output(os.open(os.devnull, os.O_WRONLY))
