"""A service of which each task shows one thing that can happen on one machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import taskyard


@taskyard.service
class Lab:
    @taskyard.task
    def shout(self, text: str) -> str:
        return text.upper()

    @taskyard.task
    def fail(self) -> str:
        raise ValueError("as it was told to")

    @taskyard.task
    def hold(self, seconds: float) -> float:
        """Takes its time, and says so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            taskyard.current_task().progress(0.5, "holding")
            time.sleep(0.05)
        return seconds

    @taskyard.task
    def spell(self, word: str) -> Iterator[str]:
        """Letter by letter."""
        yield from word

    @taskyard.task
    def leave_behind(self, seconds: float) -> int:
        """Starts a process that leaves its group, its session and its parent."""
        program = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL)
        child.wait()
        time.sleep(seconds)
        return os.getpid()


@taskyard.service(gpu=1)
class Painter:
    @taskyard.task
    def paint(self, seconds: float) -> str:
        time.sleep(seconds)
        return os.environ["CUDA_VISIBLE_DEVICES"]


@taskyard.service(resources={"memory": "300Mi"})
class Glutton:
    @taskyard.task
    def eat(self, mebibytes: int) -> int:
        kept = bytearray(mebibytes * 1024**2)
        for at in range(0, len(kept), 4096):
            kept[at] = 1
        time.sleep(5)
        return len(kept)
