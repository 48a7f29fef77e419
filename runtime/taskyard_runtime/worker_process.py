"""The worker as its supervisor sees it: a process group to be started, listened to and ended."""

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from taskyard_runtime.cancellation import Cancellation
from taskyard_runtime.family import children_of
from taskyard_runtime.hearing import READ_BYTES, Hearing
from taskyard_runtime.protocol import Outcome, Request

LINGER = 5.0
"""Seconds that a worker may take to end, or to be ready for another attempt, after its outcome."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt in a worker ended.

    `exit_code` is negative for a signal, and 0 for a worker that stays; `load` and `run` are in seconds;
    `outcome` is None for a worker that died before it could send one; `overdue` says that we killed it
    after its grace.
    """

    outcome: Outcome | None
    exit_code: int
    load: float
    run: float
    overdue: bool = False


class WorkerProcess:
    """Starts the worker, and follows it through its attempts. For the main thread, once in a process.

    Args:
        environment: of the worker.
        output: the file descriptor that takes its standard output and error, until its first request.
    """

    def __init__(self, environment: Mapping[str, str], output: int) -> None:
        self._kill_at: float | None = None
        self._closed = False
        # Before the start: a child that dies at once must be heard too.
        self._wake, self._waker = _wake_on_signals()
        self._channel, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            # -u: what is printed before a crash is not lost. -P: the service's directory must not
            # shadow the standard library for our own imports; the worker adds it later.
            [sys.executable, "-uP", "-X", "faulthandler", "-m", "taskyard_runtime.worker",
             str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )  # fmt: skip
        theirs.close()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def stays(self) -> bool:
        """Whether it is there, ready for another request."""
        self._reap()
        return self._process.returncode is None and not self._closed

    def begin(
        self,
        request: Request,
        output: int,
        on_progress: Callable[[float, str], None],
        on_outputs: Callable[[int], None],
    ) -> Hearing:
        """Tell it to begin an attempt.

        Args:
            request: what to do.
            output: the file descriptor that takes what is printed meanwhile.
            on_progress: called with each progress that the task reports.
            on_outputs: called with the size of the file of outputs, each time that it has grown.
        """
        reading, writing = os.pipe()
        try:
            path = str(request.write()).encode()
            # Where it has died already there is nobody to take it; its exit code tells.
            with suppress(OSError):
                socket.send_fds(self._channel, [path], [output, writing])
        finally:
            os.close(writing)
        return Hearing(reading, on_progress, on_outputs, request.stays)

    def follow(self, hearing: Hearing, cancellation: Cancellation, grace: float) -> Ending:
        """Wait for the end of the attempt; on cancellation tell the worker, and kill it after `grace` seconds.

        That is the end of the worker or, where it may stay, the end of what it has to say.
        """
        with hearing:
            overdue = self._follow(hearing, cancellation, grace)
            if self._process.returncode is not None or self._has_left_orphans():
                self.close()
            hearing.drain()
        load, run = hearing.times
        return Ending(hearing.outcome, self._process.returncode or 0, load, run, overdue)

    def close(self) -> None:
        """Let it end, if it has not: it lets go of its service, and is killed where that lasts."""
        self._closed = True
        self._channel.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LINGER)
        self._kill_group()
        signal.set_wakeup_fd(-1)
        for descriptor in (self._wake, self._waker):
            os.close(descriptor)

    def _follow(self, hearing: Hearing, cancellation: Cancellation, grace: float) -> bool:
        """Until the end; whether it had to be killed after its grace."""
        told = overdue = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(hearing.pipe, selectors.EVENT_READ)
            while self._process.returncode is None and not hearing.over:
                if cancellation.requested and not told:
                    told = True
                    self._signal(signal.SIGTERM)
                    self._kill_within(grace)
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    overdue = told and hearing.outcome is None
                    self._kill_group()
                for key, _ in selector.select(self._patience()):
                    if key.fd == self._wake:
                        _drain(self._wake)
                    elif not hearing.read():
                        selector.unregister(hearing.pipe)
                    elif hearing.outcome is not None:
                        self._kill_within(LINGER)
                self._reap()
        self._kill_at = None
        return overdue

    def _has_left_orphans(self) -> bool:
        """Whether the task has left processes behind that have left the worker, and became ours."""
        self._reap()
        return any(child != self.pid for child in children_of(os.getpid()))

    def _patience(self) -> float | None:
        return None if self._kill_at is None else max(0.0, self._kill_at - time.monotonic())

    def _kill_within(self, seconds: float) -> None:
        at = time.monotonic() + seconds
        self._kill_at = at if self._kill_at is None else min(self._kill_at, at)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._kill_at = None

    def _reap(self) -> None:
        # All children, not just the worker: as first process of a container we inherit orphans.
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self._process.pid:
                    self._process.returncode = os.waitstatus_to_exitcode(status)


def _wake_on_signals() -> tuple[int, int]:
    """The ends of a pipe, the first of which becomes readable with each signal that has a Python handler."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    # A handler that does nothing is not the same as none: it wakes us up.
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return reading, writing


def _drain(descriptor: int) -> None:
    with suppress(BlockingIOError):
        while os.read(descriptor, READ_BYTES):
            pass
