"""A service of which each task shows one thing that can happen on one machine."""

import os
import subprocess
import sys
import time

import taskyard


@taskyard.service
class Lab:
    @taskyard.task
    def shout(self, text: str) -> str:
        return text.upper()

    @taskyard.task
    def hold(self, seconds: float) -> float:
        """Takes its time, and says so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            taskyard.current_task().progress(0.5, "holding")
            time.sleep(0.05)
        return seconds

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
