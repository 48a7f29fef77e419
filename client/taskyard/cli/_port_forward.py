"""A way to the gateway of a cluster: kubectl's port-forward, as a process of this command's own."""

import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from taskyard.cli._exits import NoGateway

_SELECTOR = "app.kubernetes.io/name=taskyard,app.kubernetes.io/component=gateway"
_SECONDS = 30.0
"""How long kubectl may take for one thing."""


def kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run kubectl with the current context.

    Raises:
        NoGateway: it is not there, or takes too long.
    """
    command = [_kubectl(), *arguments]
    try:
        return subprocess.run(  # noqa: S603 - what we call
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        told = f"kubectl did not answer within {_SECONDS:g} s; is the cluster there?"
        raise NoGateway(told) from None


@contextmanager
def forwarded(namespace: str | None) -> Iterator[str]:
    """The URL of the gateway of a release, for as long as the block lasts.

    Raises:
        NoGateway: kubectl or the gateway is missing, or cannot be reached.
    """
    where = ["--namespace", namespace] if namespace else []
    service = _gateway_service(where)
    command = [_kubectl(), "port-forward", *where, service, ":http"]
    with TemporaryFile("w+") as said:
        process = subprocess.Popen(  # noqa: S603 - what we call
            command, stdout=subprocess.PIPE, stderr=said, text=True
        )
        with process:
            try:
                yield f"http://127.0.0.1:{_port(process, said)}"
            finally:
                process.terminate()


def _kubectl() -> str:
    found = shutil.which("kubectl")
    if found is None:
        raise NoGateway(
            "kubectl is not on PATH; install it, or say with --url where the gateway is"
        )
    return found


def _gateway_service(where: Sequence[str]) -> str:
    done = kubectl("get", "service", *where, "--selector", _SELECTOR, "--output", "name")
    if done.returncode != 0:
        raise NoGateway(f"kubectl cannot look for the gateway: {_last_line(done.stderr)}")
    found = done.stdout.split()
    if len(found) != 1:
        told = "no gateway" if not found else f"several gateways ({', '.join(found)})"
        raise NoGateway(f"there is {told} in that namespace; say which with --namespace or --url")
    return found[0]


def _port(process: subprocess.Popen[str], said: IO[str]) -> int:
    """The local port, which kubectl says in its first line, such as `... 127.0.0.1:40123 -> 3000`."""
    line = ""
    if process.stdout and select.select([process.stdout], [], [], _SECONDS)[0]:
        line = process.stdout.readline()
    if "127.0.0.1:" not in line:
        said.seek(0)
        raise NoGateway(f"kubectl cannot reach the gateway: {_last_line(said.read())}")
    return int(line.partition("127.0.0.1:")[2].split()[0])


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it did not say why"
