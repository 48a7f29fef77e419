"""`taskyard serve --reload`: a server anew whenever a source file has changed."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from taskyard.cli._exits import to_people

_LOOK_SECONDS = 0.5
_PR_SET_PDEATHSIG = 1
_NO_SOURCES = {"__pycache__", "node_modules"}

Stamps = dict[Path, tuple[int, int]]
"""When each file was changed last, and its size."""


def in_a_child(folder: Path) -> None:
    """Return in a child process, and in a new one each time that a source below the folder has changed.

    This process never returns: it imports none of the user's code, and so none of it is stale. It ends
    with its child, unless that has ended because the code is broken: then it waits for a change.
    """
    while True:
        before = stamps(folder)
        parent, child = os.getpid(), os.fork()
        if child == 0:
            _end_with(parent)
            return
        _follow(child, folder, before)


def stamps(folder: Path) -> Stamps:
    """What the Python files below a folder are like now; of virtual environments and the like none."""
    found = {}
    for file in _sources(folder):
        with suppress(OSError):
            about = file.stat()
            found[file] = about.st_mtime_ns, about.st_size
    return found


def _follow(child: int, folder: Path, before: Stamps) -> None:
    """Until there is something else to be served; the child has ended then."""
    running = True

    def end(number: int, frame: object) -> NoReturn:
        if running:  # else its number may be another's by now
            _terminate(child)
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while stamps(folder) == before:
        if running:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended and not os.waitstatus_to_exitcode(status):
                sys.exit(0)
            if ended:
                running = False
                to_people("waiting for a change of the sources")
        time.sleep(_LOOK_SECONDS)
    to_people("the sources have changed; serving them anew")
    if running:
        _terminate(child)


def _terminate(child: int) -> None:
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def _sources(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NO_SOURCES
            and not Path(place, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(place, name) for name in files if name.endswith(".py"))


def _end_with(parent: int) -> None:
    """Have the kernel tell us, and the server that we become, to end where the parent is killed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
