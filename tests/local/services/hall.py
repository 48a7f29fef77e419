"""Services that are kept warm, and what their tasks do to the process that they share."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from decimal import getcontext
from pathlib import Path

import taskyard


@taskyard.service(warm=True)
class Hall:
    def __init__(self) -> None:
        print("the hall is built")
        os.environ["BUILT_BY"] = str(os.getpid())
        self.turns = 0
        self.helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    @taskyard.task
    def who(self) -> int:
        print(f"{taskyard.current_task().id} was here")
        return os.getpid()

    @taskyard.task
    def turn(self) -> int:
        self.turns += 1
        return self.turns

    @taskyard.task
    def helper_lives(self) -> bool:
        return self.helper.poll() is None

    @taskyard.task
    def hold(self, seconds: float) -> int:
        taskyard.current_task().progress(0.5, str(os.getpid()))
        time.sleep(seconds)
        return os.getpid()

    @taskyard.task
    def fail(self, message: str) -> None:
        raise ValueError(message)

    @taskyard.task
    def crash(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    @taskyard.task
    def disturb(self) -> int:
        """Changes what the next one would find."""
        os.chdir("/")
        os.environ["LEFT"] = "behind"
        del os.environ["BUILT_BY"]
        getcontext().prec = 5
        signal.alarm(2)
        ctypes.CDLL(None).puts(b"held back by C")
        later = threading.Timer(1, print, ["said too late"])
        later.start()
        task = taskyard.current_task()
        threading.Timer(1, task.progress, [0.9, "said too late"]).start()
        return os.getpid()

    @taskyard.task
    def surroundings(self) -> list[str]:
        time.sleep(2)
        return [
            str(Path.cwd()),
            os.environ.get("LEFT", ""),
            os.environ.get("BUILT_BY", ""),
            str(getcontext().prec),
        ]

    @taskyard.task
    def leave_behind(self, daemon: bool) -> int:
        return leave_behind(daemon)


def leave_behind(daemon: bool) -> int:
    """Starts a process that is not waited for; one that leaves its parent, or not."""
    program = "import os, time; {}; time.sleep(600)".format(
        "os.fork() and os._exit(0); os.setsid()" if daemon else "pass"
    )
    child = subprocess.Popen([sys.executable, "-c", program])
    if daemon:
        child.wait()
    return os.getpid()


@taskyard.service(warm=True)
class Porch:
    """Will not end by itself."""

    def __init__(self) -> None:
        atexit.register(time.sleep, 600)

    @taskyard.task
    def leave_behind(self) -> int:
        return leave_behind(daemon=True)

    @taskyard.task
    def who(self) -> int:
        return os.getpid()


@taskyard.service(warm=True, gpu=1)
class Easel:
    @taskyard.task
    def paint(self) -> list[str]:
        return [os.environ["CUDA_VISIBLE_DEVICES"], str(os.getpid())]


@taskyard.service(warm=True, gpu=2)
class Mural:
    @taskyard.task
    def paint(self) -> list[str]:
        return [os.environ["CUDA_VISIBLE_DEVICES"], str(os.getpid())]


@taskyard.service(warm=True, resources={"memory": "200Mi"})
class Pantry:
    def __init__(self) -> None:
        self.kept: list[bytes] = []

    @taskyard.task
    def store(self, mebibytes: int) -> int:
        self.kept.append(b"x" * (mebibytes * 1024**2))
        time.sleep(5 if sum(map(len, self.kept)) > 150 * 1024**2 else 0)
        return os.getpid()
