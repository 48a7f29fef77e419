"""A runner as a process of this machine: started, given attempts, watched for its memory, cleared away."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from taskyard.api.runner import ORDERS_VARIABLE, PARENT_VARIABLE, Order
from taskyard_operator.core.job import UPLOAD_SECONDS
from taskyard_operator.local.attempt_folder import AttemptFolder
from taskyard_operator.local.process_tree import MARK, kill_all, memory_of

_LOOK_SECONDS = 0.5
"""How often the memory of a runner is looked at."""
_END_SECONDS = 10.0
"""That one has to end which is not needed any more; its service may have something to let go of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a runner works, and what it may use: `services` is the folder with the user's modules.

    `memory` is the most bytes that all its processes together may hold, 0 for no limit; `gpus` the names
    of those that are its own; `mark` names its processes.
    """

    services: Path
    mark: str
    gpus: tuple[str, ...] = ()
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Exit:
    """How an attempt ended: as a shell tells it, 128 and the signal's number for one that was killed."""

    code: int
    out_of_memory: bool = False


class RunnerProcess:
    """A runner, for one attempt or several. Its processes end with it, and with the server."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._process: asyncio.subprocess.Process | None = None
        self._lines: asyncio.StreamReader
        self._orders: asyncio.StreamWriter
        self._watching: asyncio.Task[None]
        self._grace: float | None = None
        self._out_of_memory = False

    @property
    def ready(self) -> bool:
        """Whether it takes another attempt."""
        return self.runs and self._grace is None

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.returncode is None

    async def run(self, ticket: str, folder: AttemptFolder, stays: bool) -> Exit:
        """Run an attempt, and wait for its end; then the runner is `ready`, or to be cleared away.

        Raises:
            OSError: it cannot be started.
        """
        process = self._process = self._process or await self._start(folder)
        if self._grace is not None:
            self.stop(self._grace)
        order = Order(ticket, str(folder.report_file), str(folder.output_file), stays)
        answer = await self._answer_to(order)
        if answer and self.ready:
            return Exit(int(answer))
        code = await process.wait()
        if answer:
            return Exit(int(answer))
        return Exit(128 - code if code < 0 else code, self._out_of_memory)

    def stop(self, grace: float) -> None:
        """Tell the task to end, and the runner with it; killed some time after the grace (seconds) is over."""
        self._grace = grace
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(grace + UPLOAD_SECONDS, self._kill)

    async def end(self) -> None:
        """Let it end: it has nothing to do, and is not needed any more."""
        self._orders.close()
        try:
            if self._process:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        finally:  # also where the server does not wait for it
            await asyncio.shield(self.clear_away())

    async def clear_away(self) -> None:
        """Leave nothing of it, at once."""
        if self._process:
            self._watching.cancel()
            self._orders.close()
        await asyncio.to_thread(kill_all, self.place.mark)
        if self._process:
            await self._process.wait()  # of whose end this process is told in its own time

    async def _start(self, folder: AttemptFolder) -> asyncio.subprocess.Process:
        with ExitStack() as unless_started:
            ours, theirs = socket.socketpair()
            unless_started.push(ours)
            with theirs, folder.output_file.open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    *[sys.executable, "-m", "taskyard_runtime"],
                    cwd=self.place.services,
                    env=self._environment(theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C at the terminal is for the server; it tells its tasks.
                )
            self._lines, self._orders = await asyncio.open_connection(sock=ours)
            unless_started.pop_all()
        self._watching = asyncio.create_task(self._watch_memory(process))
        return process

    async def _answer_to(self, order: Order) -> bytes:
        """The exit code of the attempt; nothing where the runner has ended with it."""
        with suppress(ConnectionError):
            self._orders.write(order.line())
            return await self._lines.readline()
        return b""

    def _kill(self) -> None:
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _watch_memory(self, process: asyncio.subprocess.Process) -> None:
        """Kill what holds more than it may."""
        while self.place.memory and not self._out_of_memory:
            held = await asyncio.to_thread(memory_of, process.pid)
            if held > self.place.memory:
                self._out_of_memory = True
                await asyncio.to_thread(kill_all, self.place.mark)
            await asyncio.sleep(_LOOK_SECONDS)

    def _environment(self, orders: int) -> Mapping[str, str]:
        own = {
            ORDERS_VARIABLE: str(orders),
            PARENT_VARIABLE: str(os.getpid()),
            MARK: self.place.mark,
            "CUDA_VISIBLE_DEVICES": ",".join(self.place.gpus),
        }
        return {**os.environ, **own}
