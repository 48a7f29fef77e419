"""`taskyard serve` as a process, as people start it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from taskyard import SyncHTTPClient
from tests.controller.processes import free_port

SERVICES = Path(__file__).parent / "services"
COMMAND = [sys.executable, "-c", "from taskyard.cli import main; main()", "serve"]
PATIENCE = 60
"""Seconds for what takes a moment, on a loaded machine of two cores."""


@dataclass(frozen=True)
class LocalServer:
    """One server; its log is a file beside its data."""

    process: subprocess.Popen[bytes]
    url: str
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def client(self, service: str) -> SyncHTTPClient:
        return SyncHTTPClient(f"{self.url}/services/{service}")

    def kill(self) -> None:
        """End it as a power cut would: it does not learn of it."""
        self.process.kill()
        self.process.wait()

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def taskyard_serve(
    data: Path, *options: str, module: Path = SERVICES / "lab.py"
) -> Iterator[LocalServer]:
    """A server of the services in a module, which ends with the context."""
    port = free_port()
    arguments = [module.name, "--data", str(data), "--port", str(port), *options]
    log_file = data.with_suffix(".log")
    with log_file.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=module.parent, stdout=output, stderr=output
        )
    server = LocalServer(process, f"http://127.0.0.1:{port}", log_file)
    try:
        until(server.ready, "the server is ready")
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.05)
