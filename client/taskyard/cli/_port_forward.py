"""A way to the gateway of a cluster: kubectl's port-forward, as a process of this command's own."""

import select
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from taskyard.cli._exits import NoGateway

_SELECTOR = "app.kubernetes.io/name=taskyard,app.kubernetes.io/component=gateway"
_SECONDS = 30.0
"""How long kubectl may take for one thing."""
_PAUSE = 1.0
"""Seconds until a port-forward that has ended is begun anew."""


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
    forward = _Forward([_kubectl(), "port-forward", *where, _gateway_service(where)])
    try:
        yield f"http://127.0.0.1:{forward.port}"
    finally:
        forward.close()


class _Forward:
    """A port-forward that is begun anew, at the same port of this machine, whenever it ends.

    It ends with the pod that it leads to: with each upgrade of the release, while tasks go on.

    Args:
        command: all of it but the ports.

    Raises:
        NoGateway: it cannot be begun.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._process = self._begun("")
        self.port = _port(self._process)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._closed.set()
            self._process.terminate()
        self._keeper.join()

    def _keep(self) -> None:
        """Read what kubectl says of each connection, until it ends, and have another one begin."""
        while not self._closed.is_set():
            self._process.communicate()
            if self._closed.wait(_PAUSE):
                return
            with self._lock:
                if not self._closed.is_set():
                    self._process = self._begun(str(self.port))

    def _begun(self, port: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - what we call
            [*self._command, f"{port}:http"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


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


def _port(process: subprocess.Popen[str]) -> int:
    """The local port, which kubectl says in its first line, such as `... 127.0.0.1:40123 -> 3000`.

    Raises:
        NoGateway: it says something else; it is ended.
    """
    line = ""
    if process.stdout and select.select([process.stdout], [], [], _SECONDS)[0]:
        line = process.stdout.readline()
    if "127.0.0.1:" not in line:
        process.terminate()
        _, said = process.communicate()
        raise NoGateway(f"kubectl cannot reach the gateway: {_last_line(said)}")
    return int(line.partition("127.0.0.1:")[2].split()[0])


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it did not say why"
