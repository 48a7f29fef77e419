"""Clients submit tasks of all kinds while the parts of the cluster fail one after the other."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster import cluster
from tests.e2e.installation import Installation
from tests.soak.blows import Blow, strike
from tests.soak.client import Client, Played
from tests.soak.kinds import Play
from tests.soak.verdict import Story, notes_of

CLIENTS = 16
"""Tasks that are under way at once, at most."""
QUIET = 240.0
"""Seconds after the last blow within which everything has ended and is gone."""


@dataclass
class Soak:
    """One run of it on an installation, with a service whose tasks write notes to `witness`."""

    installation: Installation
    service: str
    witness: Path
    struck: list[tuple[float, Blow]] = field(default_factory=list)
    """What was done, and when it was."""

    def run(self, plays: list[Play], blows: list[Blow]) -> list[Played]:
        """Play all, and strike meanwhile; returns what the clients were told."""
        began = time.monotonic()
        with (
            closing(Client(self.installation.gateway_in_cluster, self.service)) as client,
            ThreadPoolExecutor(CLIENTS) as clients,
            self._striking(blows, began),
        ):
            played: list[Future[Played]] = []
            for play in plays:
                time.sleep(max(0.0, began + play.at - time.monotonic()))
                played.append(clients.submit(client.play, play))
            return [each.result() for each in played]

    def until_nothing_is_left(self) -> None:
        """Wait until retention has taken every run, and with it every Job and pod."""
        selector = ("-l", "app.kubernetes.io/managed-by=taskyard")
        deadline = time.monotonic() + QUIET
        while left := self._names("taskruns.taskyard.dev") + self._names("jobs,pods", *selector):
            assert time.monotonic() < deadline, f"there is still {left}"
            time.sleep(1)

    def stories(self, played: list[Played]) -> list[Story]:
        """What the records tell of the runs."""
        return [
            Story(run, each.play.kind, each.play.number, self._status(run), notes_of(self.witness, run))
            for each in played
            for run in each.ids
        ]  # fmt: skip

    @contextmanager
    def _striking(self, blows: list[Blow], began: float) -> Iterator[None]:
        """Strike in a thread of its own; at the end the cluster is whole, whatever happened."""
        over = threading.Event()
        failures: list[BaseException] = []

        def strike_all() -> None:
            try:
                for blow in blows:
                    if over.wait(max(0.0, began + blow.at - time.monotonic())):
                        return
                    self.struck.append((time.monotonic() - began, blow))
                    strike(blow, self.installation)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=strike_all, name="blows")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            cluster.up()
        if failures:
            raise failures[0]

    def _names(self, kinds: str, *options: str) -> list[str]:
        items = self.installation.get(kinds, *options)["items"]
        return [f"{item['kind']} {item['metadata']['name']}" for item in items]

    def _status(self, run: str) -> dict[str, object]:
        namespace = self.installation.namespace
        store = self.installation.cluster.object_store.store()
        record = json.loads(bytes(store.get(f"{namespace}/{namespace}/{run}/record").bytes()))
        status: dict[str, object] = record["status"]
        return status
