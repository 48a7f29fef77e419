"""BentoML's own server, with the service that is the gallery's like."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from tests.controller.processes import free_port, until

from .environments import python_with_bentoml

SERVICES = Path(__file__).parent / "services"


@contextmanager
def bentoml_serve(
    version: str, folder: Path, service: str = "bento_gallery:Gallery", services: Path = SERVICES
) -> Iterator[str]:
    """The URL of `bentoml serve`, which ends with the context, whatever it is at."""
    port = free_port()
    python = python_with_bentoml(version)
    command = [str(python), "-m", "bentoml", "serve", service]
    hidden = ("PYTHON", "BENTO")
    own = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    variables = {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True"}
    with (folder / "log").open("wb") as output:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=services,
            env=own | variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            until(lambda: _ready(server, url, folder / "log"), "BentoML's server is ready")
            yield url
        finally:
            # Asked to end it would wait for its tasks, and one of them runs for an hour. Its workers are
            # in groups of their own.
            below = psutil.Process(server.pid).children(recursive=True)
            server.kill()
            server.wait()
            for process in below:
                with suppress(psutil.NoSuchProcess):
                    process.kill()


def _ready(server: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    assert server.poll() is None, log.read_text()
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
