"""Controllers as processes, and what can be seen of them from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.object_store import S3Server
from tests.metrics.scraping import Scrape

PATIENCE = 60
"""Seconds for what takes a moment, on a loaded machine of two cores."""


@dataclass(frozen=True)
class Controller:
    """One process; its settings and its log are files of the same name."""

    process: subprocess.Popen[bytes]
    probe_port: int
    metrics_port: int
    log_file: Path

    @property
    def log(self) -> str:
        """All that it has said so far."""
        return self.log_file.read_text()

    def probe(self) -> dict[str, Any] | None:
        """What it answers to its probe; None while nothing was listed. Fails if it has ended."""
        assert self.process.poll() is None, self.log
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.probe_port}/readyz", trust_env=False)
        except httpx.HTTPError:
            return None
        if answer.is_server_error:
            return None
        body: dict[str, Any] = answer.json()
        return body

    def leads(self) -> bool:
        """Whether its probe is answered by one that works."""
        answer = self.probe()
        return answer is not None and "synced" in answer

    def stands_by(self) -> bool:
        """Whether its probe is answered by one that waits for its turn."""
        return self.probe() == {"standby": True}

    def scrape(self) -> Scrape:
        """Its metrics."""
        answer = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", trust_env=False)
        return Scrape.of(answer.raise_for_status().text)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        self.process.send_signal(number)

    def ended(self, within: float = PATIENCE) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(within)


@dataclass
class Controllers:
    """Starts controllers for one namespace, or those of `serves`; the one also has their Lease."""

    folder: Path
    namespace: str
    kubeconfig: Path
    store: S3Server
    serves: Sequence[str] = ()
    started: list[Controller] = field(default_factory=list)

    def start(
        self,
        kubeconfig: Path | None = None,
        *,
        resync: float = 300,
        metrics_port: int | None = None,
        webhooks: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        **election: Any,
    ) -> Controller:
        """Start one more, with these words of `leaderElection`; all is listed each `resync` seconds."""
        name = f"controller-{len(self.started)}"
        port, metrics_port = free_port(), metrics_port or free_port()
        config = self.folder / f"{name}.yaml"
        settings = self._settings(port, election)
        settings["controller"]["resyncSeconds"] = resync
        settings["metrics"] = {"port": metrics_port}
        settings["webhooks"] = dict(webhooks or {})
        config.write_text(json.dumps(settings))
        log = self.folder / f"{name}.log"
        variables = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig or self.kubeconfig),
            "AWS_ACCESS_KEY_ID": self.store.access_key,
            "AWS_SECRET_ACCESS_KEY": self.store.secret_key,
            **(environment or {}),
        }
        program = [sys.executable, "-m", "taskyard_operator"]
        command = [*program, "controller", "--config", str(config)]
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
        self.started.append(Controller(process, port, metrics_port, log))
        return self.started[-1]

    def leader(self) -> Controller:
        """The one that leads, once there is one."""
        running = [each for each in self.started if each.process.poll() is None]
        until(lambda: any(each.leads() for each in running), "one of them leads")
        return next(each for each in running if each.leads())

    def stop(self) -> None:
        """Let none of them live on."""
        for each in self.started:
            each.process.kill()
            each.process.wait()

    def _settings(self, port: int, election: dict[str, Any]) -> dict[str, Any]:
        here = {"enabled": True, "namespace": self.namespace}
        return {
            "storage": {
                "url": f"s3://{self.store.bucket}/{self.namespace}",
                "endpoint": self.store.endpoint,
                "region": self.store.region,
            },
            "controller": {
                "namespaces": list(self.serves) or [self.namespace],
                "probePort": port,
                "leaderElection": here | election,
            },
        }


def until(condition: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Wait for a condition; returns the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + within, f"not within {within} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
