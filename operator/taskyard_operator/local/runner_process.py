"""One attempt as a process of this machine: started, told to end, watched for its memory, cleared away."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from taskyard.api.runner import (
    PARENT_VARIABLE,
    PATIENCE_VARIABLE,
    REPORT_VARIABLE,
    TICKET_VARIABLE,
)
from taskyard_operator.core.job import UPLOAD_SECONDS
from taskyard_operator.local.attempt_folder import AttemptFolder
from taskyard_operator.local.process_tree import MARK, kill_all, memory_of

_LOOK_SECONDS = 0.5
"""How often the memory of an attempt is looked at."""
_STORE_PATIENCE = "5"
"""Seconds that a runner waits for the object store: it is this server, and is there or has ended."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What to run: `ticket` (JSON) in `services`, the folder with the user's modules.

    `memory` is the most bytes that all its processes together may hold, 0 for no limit; `gpus` the names
    of those that are its own; `grace` the seconds it may clean up; `mark` names its processes.
    """

    ticket: str
    services: Path
    mark: str
    gpus: tuple[str, ...] = ()
    memory: int = 0
    grace: float = 30.0


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: as a shell tells it, 128 and the signal's number for one that was killed."""

    code: int
    out_of_memory: bool = False


class RunnerProcess:
    """The runner of one attempt. Its processes end with it, and with the server."""

    def __init__(self, orders: Orders, folder: AttemptFolder) -> None:
        self._orders = orders
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._out_of_memory = False

    async def run(self) -> Exit:
        """Start it, and wait for its end; then nothing of it is left."""
        with self._folder.output_file.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "taskyard_runtime"],
                cwd=self._orders.services,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C at the terminal is for the server; it tells its tasks.
            )
        if self._stopping:
            self.stop()
        watching = asyncio.create_task(self._watch_memory(self._process))
        try:
            code = await self._process.wait()
        finally:
            watching.cancel()
            # Also where this task is cancelled: the server ends, and its tasks with it.
            await asyncio.shield(asyncio.to_thread(kill_all, self._orders.mark))
        return Exit(128 - code if code < 0 else code, self._out_of_memory)

    def stop(self) -> None:
        """Tell the task to end; it is killed some time after its grace is over."""
        self._stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        loop.call_later(self._orders.grace + UPLOAD_SECONDS, self._kill)

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _watch_memory(self, process: asyncio.subprocess.Process) -> None:
        """Kill what holds more than it may."""
        while self._orders.memory and not self._out_of_memory:
            held = await asyncio.to_thread(memory_of, process.pid)
            if held > self._orders.memory:
                self._out_of_memory = True
                await asyncio.to_thread(kill_all, self._orders.mark)
            await asyncio.sleep(_LOOK_SECONDS)

    def _environment(self) -> Mapping[str, str]:
        own = {
            TICKET_VARIABLE: self._orders.ticket,
            REPORT_VARIABLE: str(self._folder.report_file),
            PARENT_VARIABLE: str(os.getpid()),
            PATIENCE_VARIABLE: _STORE_PATIENCE,
            MARK: self._orders.mark,
            "CUDA_VISIBLE_DEVICES": ",".join(self._orders.gpus),
        }
        return {**os.environ, **own}
