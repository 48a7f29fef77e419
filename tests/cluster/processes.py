"""Starts, watches and stops the cluster's servers: plain processes with a pid file and a log file.

A server outlives the Python process that started it, so that `make demo` can leave a cluster
running and a test session can find it. Nothing here waits for a fixed time: every wait is for a
condition, with a deadline, and an error shows the end of the log.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .commands import ClusterError
from .layout import state_dir

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Process:
    """A server of the cluster: how it is started, and the name of its pid and log files."""

    name: str
    argv: Sequence[str | Path] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return state_dir() / "log" / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return state_dir() / "pid" / self.name

    def alive(self) -> bool:
        return self.pid() is not None

    def pid(self) -> int | None:
        """The pid, if the very process that was started still runs."""
        with suppress(OSError, ValueError):
            pid, started = map(int, self.pid_file.read_text().split())
            _reap(pid)
            if _start_time(pid) == started:
                return pid
        return None

    def start(self) -> None:
        """Start it in a session of its own, unless it runs already."""
        if self.alive():
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid = self._spawn()
        self.pid_file.write_text(f"{pid} {_start_time(pid) or 0}\n")

    def stop(self, patience: float = 5) -> None:
        """Ask it to end, and end it when it has not after `patience` seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self.pid()
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            _until(lambda: not self.alive(), patience)
        self.pid_file.unlink(missing_ok=True)

    def wait_until(self, probe: Callable[[], bool], timeout: float = 60) -> None:
        """Wait until the server does what is asked of it; fail at once if it dies."""
        failure: list[Exception] = []

        def answered() -> bool:
            try:
                return probe() or not self.alive()
            except Exception as error:  # any: a server that is coming up fails in many ways
                failure[:] = [error]
                return not self.alive()

        answered_in_time = _until(answered, timeout)
        if not self.alive():
            raise ClusterError(f"{self.name} has ended{self._last_words()}")
        if not answered_in_time:
            why = f" ({failure[0]})" if failure else ""
            raise ClusterError(
                f"{self.name} was not ready after {timeout:.0f} s{why}{self._last_words()}"
            )

    def _spawn(self) -> int:
        # Not subprocess: its objects warn when they are dropped while the process still runs.
        program = shutil.which(self.argv[0])
        if program is None:
            raise ClusterError(f"{self.argv[0]} is not installed")
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.posix_spawn(
            program,
            [program, *map(str, self.argv[1:])],
            os.environ | self.env,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), append, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                *((os.POSIX_SPAWN_CLOSE, number) for number in _handed_down()),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT],
        )

    def _last_words(self, lines: int = 20) -> str:
        if not self.log.exists():
            return ""
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f"; the end of {self.log}:\n" + "\n".join(tail)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """SIGSTOP for a process until the end of the block, or for two minutes if we die meanwhile."""
    waker = subprocess.Popen(["sh", "-c", f"sleep 120; kill -CONT {pid}"])
    try:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        with suppress(ProcessLookupError):  # somebody else may have ended it
            os.kill(pid, signal.SIGCONT)
        waker.kill()
        waker.wait()


def any_alive() -> bool:
    """Whether any server of the cluster runs."""
    return any(Process(file.name).alive() for file in (state_dir() / "pid").glob("*"))


def _until(condition: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _handed_down() -> list[int]:
    """The files that whoever started us left open, such as a lock: a server would keep them for ever."""
    numbers = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    return [number for number in numbers if number > 2 and _inheritable(number)]


def _inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # it was that of the listing
        return False


def _start_time(pid: int) -> int | None:
    """When the process started, in clock ticks: with it a pid that was used again is noticed."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name, in parentheses, may itself hold spaces and parentheses.
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[18])


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):  # not ours: init reaps it
        os.waitpid(pid, os.WNOHANG)
