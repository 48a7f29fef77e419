"""A service whose tasks do all that tasks do in life; the conformance and the chaos tests call it."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import taskyard

MEBIBYTE = 1 << 20


class Unprintable(Exception):
    """An error that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("not even that")


@taskyard.service
class Trouble:
    """Tasks that misbehave on request."""

    @taskyard.task
    def echo(self, text: str) -> str:
        """Behave."""
        print(f"echo {text}")
        return text

    @taskyard.task
    def hold(self, seconds: float, attempts: int = 100) -> float:
        """Run for some seconds, in the first few attempts only, and say so when it is cut short."""
        if taskyard.current_task().attempt > attempts:
            return 0.0
        print("begun")
        taskyard.current_task().progress(0.5, "in the middle of it")
        try:
            time.sleep(seconds)
        except taskyard.TaskCancelled:
            print("told to end")
            raise
        return seconds

    @taskyard.task
    def count(self, seconds: float, interval: float) -> int:
        """Run for some seconds, and tell again and again how far it is."""
        steps = round(seconds / interval)
        for step in range(1, steps):
            taskyard.current_task().progress(step / steps, f"step {step}")
            time.sleep(interval)
        return steps

    @taskyard.task
    def hold_stubbornly(self, seconds: float) -> float:
        """Run for some seconds, whoever asks for the end."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        taskyard.current_task().progress(0.5, "nothing can stop me")
        time.sleep(seconds)
        return seconds

    @taskyard.task
    def fail_after(self, seconds: float) -> str:
        """Run for some seconds, and raise."""
        taskyard.current_task().progress(0.5, "doomed")
        time.sleep(seconds)
        raise ValueError("too late")

    @taskyard.task
    def stumble(self, failures: int, error: str = "ValueError") -> str:
        """Raise in the first few attempts."""
        attempt = taskyard.current_task().attempt
        print(f"this is attempt {attempt}")
        if attempt <= failures:
            raise {"ValueError": ValueError, "KeyError": KeyError}[error](f"attempt {attempt}")
        return f"attempt {attempt}"

    @taskyard.task
    def spell(self, word: str) -> Iterator[str]:
        """Give away letter by letter."""
        yield from word

    @taskyard.task
    def fill_memory(self, mebibytes: int) -> int:
        """Use that much memory, for as long as it takes to be seen by who looks now and then."""
        much = _filled(mebibytes)
        time.sleep(2)
        return len(much)

    @taskyard.task
    def fill_memory_in_a_child(self, mebibytes: int, strict: bool) -> int:
        """Let a child use that much memory; what it died of matters to a strict task only."""
        code = f"x = bytearray({mebibytes * MEBIBYTE}); x[::4096] = b'x' * len(x[::4096])"
        return subprocess.run([sys.executable, "-c", code], check=strict).returncode

    @taskyard.task
    def take_the_runner_along(self, mebibytes: int) -> int:
        """Use too much memory, when the runner is what the kernel kills first."""
        Path("/proc/1/oom_score_adj").write_text("1000")
        return len(_filled(mebibytes))

    @taskyard.task
    def fill_disk(self, mebibytes: int) -> str:
        """Write more than the pod may, and wait for what comes."""
        with Path("/tmp/much").open("wb") as file:
            for _ in range(mebibytes):
                file.write(os.urandom(MEBIBYTE))
        taskyard.current_task().progress(0.5, "written")
        time.sleep(600)
        return "nobody minded"

    @taskyard.task
    def read_address_zero(self) -> str:
        """Crash in native code."""
        return str(ctypes.string_at(0))

    @taskyard.task
    def leave(self, code: int) -> str:
        """End the process without a word."""
        os._exit(code)

    @taskyard.task
    def talk(self, mebibytes: int) -> str:
        """Print a lot."""
        print("the first line")
        line = "blah " * 200
        for _ in range(mebibytes * MEBIBYTE // (len(line) + 1)):
            print(line)
        print("the last line")
        return "said"

    @taskyard.task
    def return_the_wrong_type(self) -> int:
        """Break the promise of the signature."""
        return "seven"  # type: ignore[return-value]

    @taskyard.task
    def leave_much_behind(self) -> str:
        """Return while threads and processes go on, one of them out of the runner's reach."""
        threading.Thread(target=time.sleep, args=(3600,)).start()
        sleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
        subprocess.Popen(sleep)
        subprocess.Popen(sleep, start_new_session=True)
        return "gone"

    @taskyard.task
    def close_the_outputs(self) -> str:
        """Return without a standard output to print to."""
        sys.stdout.close()
        sys.stderr.close()
        for descriptor in (0, 1, 2):
            os.close(descriptor)
        return "silent"

    @taskyard.task
    def go_elsewhere(self) -> Path:
        """Change the directory, and return a file by its relative name."""
        os.chdir(tempfile.mkdtemp())
        Path("note.txt").write_text("found")
        return Path("note.txt")

    @taskyard.task
    def raise_the_unprintable(self) -> str:
        """Raise what cannot be printed."""
        raise Unprintable


def _filled(mebibytes: int) -> bytearray:
    """Memory that is written to: what is only reserved counts for nothing."""
    much = bytearray()
    for _ in range(mebibytes):
        much += b"x" * MEBIBYTE
    return much
