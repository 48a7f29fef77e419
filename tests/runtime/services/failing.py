"""A service of which every task fails, each in a way of its own."""

import atexit
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL.Image import Image

import taskyard


class TooMany(ValueError):
    """An error of the service's own."""


class Unprintable(Exception):
    """An error that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("not even that")


@taskyard.service
class Failing:
    @taskyard.task
    def fail(self, message: str) -> str:
        print("before the end")
        raise ValueError(message)

    @taskyard.task
    def fail_at_length(self, code: int) -> str:
        raise ValueError(chr(code) * 100_000)

    @taskyard.task
    def fail_with_all_its_data(self, size: int) -> str:
        raise ValueError("x" * size)

    @taskyard.task
    async def fail_later(self) -> str:
        raise TooMany("seven")

    @taskyard.task
    def fail_unprintably(self) -> str:
        raise Unprintable

    @taskyard.task
    def leave(self) -> str:
        sys.exit("I am gone")

    @taskyard.task
    def exit_at_once(self, code: int) -> str:
        os._exit(code)

    @taskyard.task
    def kill_itself(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    @taskyard.task
    def end_its_process_group(self) -> str:
        os.killpg(os.getpgid(subprocess.Popen(["sleep", "600"]).pid), signal.SIGTERM)
        return ""

    @taskyard.task
    def read_address_zero(self) -> str:
        return str(ctypes.string_at(0))

    @taskyard.task
    def return_wrong_type(self) -> int:
        return "seven"  # type: ignore[return-value]

    @taskyard.task
    def return_no_picture(self) -> Image:
        return b"pixels"  # type: ignore[return-value]

    @taskyard.task
    def return_missing_file(self) -> Path:
        return Path("nowhere.txt")

    @taskyard.task
    def return_anything(self) -> Any:
        return object()

    @taskyard.task
    def return_much(self, size: int) -> bytes:
        return b"x" * size

    @taskyard.task
    def hold_memory(self, size: int) -> str:
        return str(len(b"x" * size))

    @taskyard.task
    def hold_memory_in_a_child(self, size: int) -> str:
        subprocess.run([sys.executable, "-c", f"b'x' * {size}"], check=True)
        return "done"

    @taskyard.task
    def lose_a_child_and_exit(self, size: int) -> str:
        os._exit(
            subprocess.run([sys.executable, "-c", f"b'x' * {size}"], check=False).returncode & 127
        )

    @taskyard.task
    def lose_a_child_and_go_on(self, size: int) -> str:
        subprocess.run([sys.executable, "-c", f"b'x' * {size}"], check=False)
        return "done"

    @taskyard.task
    def chatter(self, lines: int) -> str:
        for number in range(lines):
            print(f"line {number}")
        raise ValueError("tired")


@taskyard.service
class Odd:
    """Tasks that end well, whatever they do on the way."""

    @taskyard.task
    def close_stdout(self) -> str:
        sys.stdout.close()
        sys.stderr.close()
        os.close(1)
        os.close(2)
        return "done"

    @taskyard.task
    def print_a_gigabyte(self) -> str:
        """Returns what the supervisor holds of memory, and what it held at most."""
        print("the first line")
        lines = f"{'much ' * 20}\n" * 10_000
        for _ in range(1024**3 // len(lines)):
            sys.stdout.write(lines)
        print("the last line")
        return Path(f"/proc/{os.getppid()}/status").read_text()

    @taskyard.task
    def write_to_descriptors_at_random(self) -> str:
        for descriptor in range(3, 30):
            with suppress(OSError):
                os.write(descriptor, b"[" * 10_000 + b"\n")
        return "done"

    @taskyard.task
    def leave_children(self) -> str:
        program = subprocess.Popen(["sleep", "600"])
        fork = multiprocessing.get_context("fork").Process(target=threading.Event().wait)
        fork.start()
        return f"{program.pid} {fork.pid}"

    @taskyard.task
    def return_from_a_fork(self) -> str:
        """Returns what is there of a result once the fork has returned and ended."""
        if not (child := os.fork()):
            return "from the fork"
        os.waitpid(child, 0)
        results = Path(tempfile.gettempdir()).glob("taskyard-*/*/result")
        return "".join(result.read_text() for result in results) or "nothing"

    @taskyard.task
    def leave_a_daemon(self) -> int:
        return subprocess.Popen(["sleep", "600"], start_new_session=True).pid

    @taskyard.task
    def say_pid_and_wait(self) -> str:
        print(f"pid={os.getpid()}.", flush=True)
        threading.Event().wait()
        return ""

    @taskyard.task
    def leave_a_thread(self) -> str:
        threading.Thread(target=threading.Event().wait).start()
        return "done"

    @taskyard.task
    def start_threads_to_the_limit(self) -> int:
        number = 0
        with suppress(RuntimeError):
            while True:
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                number += 1
        taskyard.current_task().progress(0.5, "half way")
        print("more than a pipe holds " * 10_000)
        print("the last line")
        return number

    @taskyard.task
    def show_environment(self) -> str:
        return "\n".join(f"{name}={value}" for name, value in os.environ.items())

    @taskyard.task
    def show_descriptors(self) -> str:
        return subprocess.check_output(["ls", "-l", "/proc/self/fd"], text=True)

    @taskyard.task
    def show_current_task(self) -> dict[str, Any]:
        task = taskyard.current_task()
        return {"id": task.id, "attempt": task.attempt, "cancelled": task.cancelled}

    @taskyard.task
    def take_a_second_to_end(self) -> str:
        atexit.register(time.sleep, 1)
        atexit.register(print, "on the way out", flush=True)
        return "done"

    @taskyard.task
    def crash_on_the_way_out(self) -> str:
        atexit.register(os.kill, os.getpid(), signal.SIGSEGV)
        return "done"


@taskyard.service
class Unbuildable:
    def __init__(self) -> None:
        raise RuntimeError("no weights at /models")

    @taskyard.task
    def run(self, steps: int = 1) -> str:
        return ""


class Undecorated:
    """Not a service."""
