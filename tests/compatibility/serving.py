"""BentoML's own server, with the service that is the gallery's like."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.controller.processes import free_port, until

from .environments import python_with_bentoml

SERVICES = Path(__file__).parent / "services"


@dataclass(frozen=True)
class BentoServer:
    """One server, with workers that are processes of their own."""

    process: subprocess.Popen[bytes]
    url: str

    def kill(self) -> None:
        """End all of it as a power cut would."""
        # Asked to end it would wait for its tasks, and one of them may run for an hour. Its workers are
        # in groups of their own.
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            for process in below:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()


@contextmanager
def bentoml_serve(
    version: str, folder: Path, service: str = "bento_gallery:Gallery", services: Path = SERVICES
) -> Iterator[BentoServer]:
    """`bentoml serve`, which ends with the context, whatever it is at."""
    port = free_port()
    python = python_with_bentoml(version)
    command = [str(python), "-m", "bentoml", "serve", service]
    hidden = ("PYTHON", "BENTO")
    own = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables = {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True"}
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=services,
            env=own | variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = BentoServer(process, f"http://127.0.0.1:{port}")
    try:
        until(lambda: _ready(server, folder / "log"), "BentoML's server is ready")
        yield server
    finally:
        server.kill()


def _ready(server: BentoServer, log: Path) -> bool:
    assert server.process.poll() is None, log.read_text()
    try:
        return httpx.get(f"{server.url}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
