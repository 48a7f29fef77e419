"""One namespace and its part of the bucket, in which runs end as the test says."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from taskyard.api.names import API_VERSION
from taskyard.api.resource import rfc3339
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server


@dataclass(frozen=True)
class Place:
    """A namespace, which is also the prefix in the bucket."""

    namespace: str
    kubectl: Kubectl
    server: S3Server

    def serve(self, *names: str) -> None:
        """Apply services with the task `echo`, whose image nobody will ever pull."""
        task = {"name": "echo", "input": {"type": "object", "properties": _FIELDS}}
        self.kubectl.apply(
            *(
                {
                    "apiVersion": API_VERSION,
                    "kind": "TaskService",
                    "metadata": {"name": name},
                    "spec": {"image": "none.example/none", "entrypoint": "a:B", "tasks": [task]},
                }
                for name in names
            ),
            namespace=self.namespace,
        )

    def run(self, name: str) -> Any:
        """The TaskRun of that name."""
        return json.loads(self._get("taskruns.taskyard.dev", name, "-o", "json"))

    def runs(self) -> set[str]:
        """The names of all TaskRuns."""
        return set(self._get("taskruns.taskyard.dev", "-o", "name").split())

    def exists(self, kind: str, name: str) -> bool:
        """Whether there is such an object."""
        return bool(self._get(kind, name, "--ignore-not-found", "-o", "name"))

    def succeed(self, name: str, body: bytes, **result: Any) -> None:
        """A run has ended well, with this result."""
        key = f"{self.namespace}/{name}/1/result"
        self.server.store().put(f"{self.namespace}/{key}", body)
        digest = hashlib.sha256(body).hexdigest()
        stored = {"key": key, "size": len(body), "sha256": digest, "contentType": "text/plain"}
        self.end(name, "Succeeded", startedAt=_now(), result=stored | result)

    def end(self, name: str, phase: str, **status: Any) -> None:
        """A run has ended so."""
        told = {"phase": phase, "attempt": 1, "finishedAt": _now(), **status}
        self.kubectl(
            "patch", "taskruns.taskyard.dev", name, "-n", self.namespace,
            "--subresource=status", "--type=merge", "-p", json.dumps({"status": told}),
        )  # fmt: skip

    def remove(self, key: str) -> None:
        """Remove an object."""
        self.server.store().delete(f"{self.namespace}/{key}")

    def objects(self) -> set[str]:
        """The keys of all objects."""
        pages = self.server.store().list(f"{self.namespace}/")
        return {item["path"].removeprefix(f"{self.namespace}/") for page in pages for item in page}

    def _get(self, *words: str) -> str:
        return self.kubectl("-n", self.namespace, "get", *words)


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition that can only be asked for again and again."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


_FIELDS = {"n": {"type": "integer"}, "file": {"type": "file", "format": "binary"}}


def _now() -> str:
    return rfc3339(datetime.now(UTC))
