"""The worker as its supervisor sees it: a process group to be started, listened to and ended."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskyard_runtime.cancellation import Cancellation
from taskyard_runtime.protocol import Outcome

LINGER = 5.0
"""Seconds that a worker may take to end after it has sent its outcome."""
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended.

    `exit_code` is negative for a signal; `load` and `run` are in seconds; `outcome` is None for a
    worker that died before it could send one; `overdue` says that we killed it after its grace.
    """

    outcome: Outcome | None
    exit_code: int
    load: float
    run: float
    overdue: bool = False


class WorkerProcess:
    """Starts the worker, and follows it to its end. For the main thread, once in a process.

    Args:
        request: the file with the worker's request.
        environment: of the worker.
        output: the file descriptor that takes its standard output and error.
        on_progress: called with each progress that the task reports.
        on_outputs: called with the size of the file of outputs, each time that it has grown.
    """

    def __init__(
        self,
        request: Path,
        environment: Mapping[str, str],
        output: int,
        on_progress: Callable[[float, str], None],
        on_outputs: Callable[[int], None],
    ) -> None:
        self._on_progress = on_progress
        self._on_outputs = on_outputs
        self._outcome: Outcome | None = None
        self._exit_code: int | None = None
        self._unread = b""
        self._kill_at: float | None = None
        self._loaded_at: float | None = None
        self._outcome_at: float | None = None
        # Before the start: a child that dies at once must be heard too.
        self._wake = _wake_on_signals()
        self._events, writing = os.pipe()
        os.set_blocking(self._events, False)
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            # -u: what is printed before a crash is not lost. -P: the service's directory must not
            # shadow the standard library for our own imports; the worker adds it later.
            [sys.executable, "-uP", "-X", "faulthandler", "-m", "taskyard_runtime.worker",
             str(request), str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=(writing,),
            start_new_session=True,
        )  # fmt: skip
        os.close(writing)

    def follow(self, cancellation: Cancellation, grace: float) -> Ending:
        """Wait for the end; on cancellation tell the worker, and kill it after `grace` seconds."""
        told = overdue = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(self._events, selectors.EVENT_READ)
            while self._exit_code is None:
                if cancellation.requested and not told:
                    told = True
                    self._signal(signal.SIGTERM)
                    self._kill_within(grace)
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    overdue = told and self._outcome is None
                    self._kill_group()
                for key, _ in selector.select(self._patience()):
                    if key.fd == self._wake:
                        _drain(self._wake)
                    elif not self._read_events():
                        selector.unregister(self._events)
                self._reap()
        self._kill_group()
        while self._read_events():
            pass
        return self._ending(overdue)

    def _ending(self, overdue: bool) -> Ending:
        ended = self._outcome_at or time.monotonic()
        loaded = self._loaded_at or ended
        code = self._exit_code or 0
        return Ending(self._outcome, code, loaded - self._started_at, ended - loaded, overdue)

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
                    self._exit_code = os.waitstatus_to_exitcode(status)
                    self._process.returncode = self._exit_code

    def _read_events(self) -> bool:
        """Take what the pipe holds now; False when there is nothing and perhaps never will be."""
        try:
            data = os.read(self._events, _READ_BYTES)
        except BlockingIOError:
            return False
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._on_event(_event(line))
        return bool(data)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"event": "loaded"}:
                self._loaded_at = time.monotonic()
            case {"event": "progress", "fraction": float(fraction), "message": str(message)}:
                self._on_progress(fraction, message)
            case {"event": "outputs", "size": int(size)}:
                self._on_outputs(size)
            case {"event": "outcome"} if self._outcome is None:
                self._outcome = Outcome.from_event(event)
                self._outcome_at = time.monotonic()
                self._kill_within(LINGER)


def _event(line: bytes) -> dict[str, Any]:
    # User code that writes to file descriptors at random may hit this pipe.
    with suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict):
            return event
    return {}


def _wake_on_signals() -> int:
    """A file descriptor that becomes readable with each signal that has a Python handler."""
    reading, writing = os.pipe()
    for descriptor in (reading, writing):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    # A handler that does nothing is not the same as none: it wakes us up.
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return reading


def _drain(descriptor: int) -> None:
    with suppress(BlockingIOError):
        while os.read(descriptor, _READ_BYTES):
            pass
