"""The gateway as a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlsplit

import httpx
import yaml

_ADDRESS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")
_START_SECONDS = 60
_LISTENING = "0A"
_OPEN = ("01", "08", _LISTENING)
"""States of a socket in /proc/net/tcp: established, closed by the other side, listening."""


@dataclass
class Gateway:
    """The process, from `with` to its end. `settings` is the whole settings file but for the port."""

    folder: Path
    settings: Mapping[str, Any]
    environment: Mapping[str, str]
    url: str = field(init=False, default="")
    _process: subprocess.Popen[bytes] = field(init=False)
    _output: IO[bytes] = field(init=False)

    def __enter__(self) -> Self:
        config = self.folder / "settings.yaml"
        gateway = {"host": "127.0.0.1", "port": 0} | dict(self.settings.get("gateway", {}))
        config.write_text(yaml.safe_dump({**self.settings, "gateway": gateway}))
        command = [sys.executable, "-m", "taskyard_operator", "gateway", "--config", str(config)]
        # Not a pod, even where the tests run in one.
        own = {name: value for name, value in os.environ.items() if "KUBERNETES" not in name}
        self._output = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            command, env={**own, **self.environment}, stdout=self._output, stderr=self._output
        )
        try:
            self.url = self._address()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it as Kubernetes does: ask, and after a while insist."""
        try:
            self.signal(signal.SIGTERM)
            self.wait()
        finally:
            self._process.kill()
            self._process.wait()
            self._output.close()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self) -> int:
        """The exit code, once it has ended."""
        return self._process.wait(timeout=30)

    def idle(self) -> bool:
        """Whether no connection to it is open, so that no request is being served."""
        port = f":{urlsplit(self.url).port or 0:04X}"
        sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
        states = [line.split()[3] for line in sockets if line.split()[1].endswith(port)]
        return all(state == _LISTENING for state in states if state in _OPEN)

    def log(self) -> str:
        """All that it has written."""
        return (self.folder / "log").read_text(errors="replace")

    def client(self, **options: Any) -> httpx.Client:
        """A plain HTTP client with its address."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=60, **options)

    def memory(self) -> Memory:
        """What it holds now, and held at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        now, peak = (
            int(re.findall(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[0]) << 10
            for name in ("VmRSS", "VmHWM")
        )
        return Memory(now, peak)

    def _address(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if found := _ADDRESS.search(self.log()):
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the gateway did not start:\n{self.log()}")


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process, in bytes."""

    now: int
    peak: int
