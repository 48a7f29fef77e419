"""A service whose tasks each end in one way, and write down when they began and when they returned."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import taskyard

WITNESS = Path("/witness")
"""A folder of the node: what is written there is there whatever becomes of pod, network and store."""
MEBIBYTE = 1 << 20


@contextmanager
def witnessed() -> Iterator[None]:
    """Note beginning and end; a lock, which ends with the process, tells of two attempts at once."""
    task = taskyard.current_task()
    with (WITNESS / f"{task.id}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            note("beside another")
        note("began")
        yield
        note("returned")


def note(what: str) -> None:
    """Write a line, whole or not at all."""
    task = taskyard.current_task()
    line = json.dumps({"attempt": task.attempt, "what": what, "at": time.time()}) + "\n"
    file = os.open(WITNESS / f"{task.id}.notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, line.encode())
    os.close(file)


@taskyard.service
class Soak:
    """One task for each way to end."""

    @taskyard.task
    def succeed(self, number: int) -> str:
        """Return soon."""
        with witnessed():
            return f"done {number}"

    @taskyard.task
    def take_a_while(self, number: int) -> str:
        """Tell of progress for some seconds, and return."""
        with witnessed():
            for second in range(8):
                taskyard.current_task().progress(second / 8, f"second {second} of {number}")
                time.sleep(1)
            return f"done {number}"

    @taskyard.task
    def return_much(self, number: int) -> str:
        """Return some megabytes."""
        with witnessed():
            return f"much {number} " * 300_000

    @taskyard.task
    def fail(self, number: int) -> str:
        """Raise."""
        with witnessed():
            raise ValueError(f"failed {number}")

    @taskyard.task
    def stumble(self, number: int) -> str:
        """Raise at first."""
        with witnessed():
            if taskyard.current_task().attempt == 1:
                raise ValueError(f"stumbled {number}")
            return f"done {number}"

    @taskyard.task
    def crash(self, number: int) -> str:
        """End the process without a word."""
        with witnessed():
            os._exit(number % 100 + 1)

    @taskyard.task
    def fill_memory(self, number: int) -> str:
        """Use more memory than there is."""
        with witnessed():
            much = bytearray()
            for _ in range(300):
                much += b"x" * MEBIBYTE
            return f"{number} took {len(much)}"

    @taskyard.task
    def overrun(self, number: int) -> str:
        """Run longer than the deadline."""
        with witnessed():
            time.sleep(600)
            return f"nobody minded {number}"

    @taskyard.task
    def hold(self, number: int) -> str:
        """Run until somebody asks for the end."""
        with witnessed():
            time.sleep(600)
            return f"nobody asked {number}"
