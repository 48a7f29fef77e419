"""The two back ends: `taskyard serve` on this machine, and an installation in a real cluster.

Both serve the same class by the same manifests, and tests know them by their HTTP API alone.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.cluster import images
from tests.conformance import CLUSTER, LOCAL
from tests.conformance.catalog import PLAIN, SERVICE, manifests
from tests.conformance.task import Task
from tests.e2e.installation import Installation
from tests.local.serving import taskyard_serve

_PLACES = 16
"""Tasks that may run at once on one machine: more than tests submit, so that none waits for another."""


@dataclass(frozen=True)
class Backend:
    """Where tasks run, as whoever calls its gateway sees it.

    `keeps_run` is the one look behind it: whether there is still a TaskRun of that name, which no answer
    tells.
    """

    name: str
    http: httpx.Client
    keeps_run: Callable[[str], bool]

    def submit(
        self,
        task: str,
        arguments: dict[str, Any] | None = None,
        *,
        service: str = PLAIN,
        **options: Any,
    ) -> Task:
        """A new task; options are parameters of the request, such as `runDeadline=8`."""
        path = f"/v1/services/{service}/tasks/{task}"
        answer = self.http.post(path, params=options, json=arguments or {})
        assert answer.status_code == 202, answer.text
        return Task(self.http, answer.json()["id"])


@contextmanager
def on_this_machine(folder: Path) -> Iterator[Backend]:
    """`taskyard serve`, with all it needs in a folder."""
    shutil.copy(SERVICE / "service.py", folder)
    file = folder / "taskservices.yaml"
    file.write_text(yaml.safe_dump_all(manifests(LOCAL), sort_keys=False))
    data = folder / "data"

    def keeps_run(name: str) -> bool:
        with closing(sqlite3.connect(data / "runs.db")) as runs:
            found = runs.execute("SELECT count(*) FROM runs WHERE name = ?", (name,)).fetchone()
        return bool(found[0])

    options = ("--workers", str(_PLACES))
    with taskyard_serve(data, *options, module=file) as server, _client(server.url) as http:
        yield Backend(LOCAL, http, keeps_run)


@contextmanager
def in_cluster(installation: Installation) -> Iterator[Backend]:
    """The services in a namespace that Taskyard is installed in."""
    image = images.build(
        SERVICE,
        "trouble",
        build_args={"RUNTIME": installation.runtime_image},
        registry=installation.cluster.registry,
    )
    installation.kubectl.apply(*manifests(image), namespace=installation.namespace)

    def keeps_run(name: str) -> bool:
        wanted = ("taskruns.taskyard.dev", name, "--ignore-not-found", "-o", "name")
        return bool(installation.in_namespace("get", *wanted))

    with installation.gateway() as url, _client(url) as http:
        yield Backend(CLUSTER, http, keeps_run)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, trust_env=False)
