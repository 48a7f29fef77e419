"""A worker that is kept for another attempt, on its own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from taskyard_runtime.protocol import Request

from .runner import SERVICES


def test_an_order_to_end_between_two_attempts_is_heard(tmp_path: Path) -> None:
    """It is meant for the next one, whose request is under way: nobody would hear of it otherwise."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-uP", "-m", "taskyard_runtime.worker", str(theirs.fileno())]
    with ours, subprocess.Popen(command, cwd=SERVICES, pass_fds=[theirs.fileno()]) as worker:
        theirs.close()
        _have_run(ours, tmp_path)

        worker.send_signal(signal.SIGTERM)

        try:
            assert worker.wait(5) == -signal.SIGTERM
        finally:
            worker.kill()


def _have_run(channel: socket.socket, folder: Path) -> None:
    """Have it run an attempt, to the end of all that it says of it."""
    (folder / "input").write_text("{}")
    (folder / "outputs").touch()
    request = Request(
        "r", 1, "failing:Odd", "show_environment", "application/json", str(folder), str(folder), 1000, True
    )  # fmt: skip
    events, theirs = os.pipe()
    socket.send_fds(channel, [str(request.write()).encode()], [os.dup(2), theirs])
    os.close(theirs)
    with os.fdopen(events, "rb") as said:
        assert b'"Succeeded"' in said.read()
