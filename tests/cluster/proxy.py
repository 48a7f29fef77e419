"""The API server by plain HTTP, for tests that ask it so often that a kubectl for each would take too long."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from .binaries import binary
from .kubectl import Kubectl


@contextmanager
def proxied(kubectl: Kubectl) -> Iterator[httpx.Client]:
    """A client that is let in without more ado, as long as the context lasts."""
    flag = f"--kubeconfig={kubectl.kubeconfig}"
    command = [str(binary("kubectl")), flag, "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().strip().rpartition(" ")[2]
            with httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=60) as client:
                yield client
        finally:
            process.terminate()
