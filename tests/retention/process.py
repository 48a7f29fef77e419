"""The controller and the gateway as processes of their own, for one namespace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.cluster.object_store import S3Server

_ADDRESS = re.compile(r"Uvicorn running on (http://127\.0\.0\.1:\d+)")
_START_SECONDS = 60


@dataclass(frozen=True)
class Processes:
    """Starts them, with what they need to know of the namespace and the store."""

    namespace: str
    kubeconfig: Path
    server: S3Server
    folder: Path

    @contextmanager
    def controller(self, **retention: Any) -> Iterator[Callable[[], bool]]:
        """A controller of the namespace, with these settings of retention, until the end of `with`.

        What it yields fails where the controller has ended before its time.
        """
        settings = {
            "controller": {"namespaces": [self.namespace], "probePort": 0},
            "retention": retention,
        }
        with self._started("controller", settings) as process:

            def lives() -> bool:
                assert process.poll() is None, self._log("controller").read_text()
                return True

            yield lives

    @contextmanager
    def gateway(self) -> Iterator[httpx.Client]:
        """A client of a gateway of the namespace, which serves until the end of `with`."""
        section = {"namespace": self.namespace, "host": "127.0.0.1", "port": 0}
        with self._started("gateway", {"gateway": section}) as process:
            address = self._address(process)
            with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
                yield client

    @contextmanager
    def _started(
        self, command: str, settings: Mapping[str, Any]
    ) -> Iterator[subprocess.Popen[bytes]]:
        config = self.folder / f"{command}.yaml"
        storage = {
            "url": f"s3://{self.server.bucket}/{self.namespace}",
            "endpoint": self.server.endpoint,
            "region": self.server.region,
        }
        config.write_text(yaml.safe_dump({"storage": storage, **settings}))
        # Not a pod, even where the tests run in one.
        own = {name: value for name, value in os.environ.items() if "KUBERNETES" not in name}
        environment = {
            **own,
            "KUBECONFIG": str(self.kubeconfig),
            "AWS_ACCESS_KEY_ID": self.server.access_key,
            "AWS_SECRET_ACCESS_KEY": self.server.secret_key,
        }
        words = [sys.executable, "-m", "taskyard_operator", command, "--config", str(config)]
        with (
            self._log(command).open("wb") as log,
            subprocess.Popen(words, env=environment, stdout=log, stderr=log) as process,
        ):
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=30)

    def _log(self, command: str) -> Path:
        return self.folder / f"{command}.log"

    def _address(self, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if found := _ADDRESS.search(self._log("gateway").read_text()):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"the gateway did not start:\n{self._log('gateway').read_text()}")
