"""One namespace with its part of the bucket: what the gateway made there, and what a controller would."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from taskyard.api.names import API_VERSION
from tests.cluster.kubectl import Kubectl
from tests.cluster.object_store import S3Server

from .uploads import unfinished_uploads


@dataclass(frozen=True)
class Place:
    """A namespace, which is also the prefix in the bucket."""

    namespace: str
    kubectl: Kubectl
    server: S3Server
    api: httpx.Client
    """The API server, for what most tests ask: to start a kubectl takes longer than all that is asked."""

    def storage(self) -> dict[str, str]:
        """The section `storage` of the settings of whoever works here."""
        url = f"s3://{self.server.bucket}/{self.namespace}"
        return {"url": url, "endpoint": self.server.endpoint, "region": self.server.region}

    def variables(self, kubeconfig: Path) -> dict[str, str]:
        """The environment that lets it in."""
        return {
            "KUBECONFIG": str(kubeconfig),
            "AWS_ACCESS_KEY_ID": self.server.access_key,
            "AWS_SECRET_ACCESS_KEY": self.server.secret_key,
        }

    def run(self, task_id: str) -> Any:
        """The TaskRun of that id."""
        return self._ask("GET", f"taskruns/{task_id}")

    def runs(self) -> list[str]:
        """The names of all TaskRuns."""
        return sorted(item["metadata"]["name"] for item in self._ask("GET", "taskruns")["items"])

    def objects(self) -> list[str]:
        """The keys of all objects, below the prefix."""
        pages = self.server.store().list(f"{self.namespace}/")
        return sorted(
            item["path"].removeprefix(f"{self.namespace}/") for page in pages for item in page
        )

    def left(self) -> list[str]:
        """All that there is: runs, and what is in the store."""
        return [*self.runs(), *self.kept()]

    def kept(self) -> list[str]:
        """What is in the store: objects, and parts of uploads that did not end."""
        return [*self.objects(), *unfinished_uploads(self.server, self.namespace)]

    def stored(self, key: str) -> bytes:
        """The body of an object."""
        return bytes(self.server.store().get(f"{self.namespace}/{key}").bytes())

    def described(self, task_id: str, body: bytes) -> dict[str, Any]:
        """What the spec of a run says of an input of JSON that is kept in the store."""
        return {
            "key": f"{self.namespace}/{task_id}/input",
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "contentType": "application/json",
        }

    def digest(self, key: str) -> str:
        """The SHA-256 of an object, which may be large."""
        digest = hashlib.sha256()
        for chunk in self.server.store().get(f"{self.namespace}/{key}").stream():
            digest.update(chunk)
        return digest.hexdigest()

    def store(self, key: str, body: bytes) -> None:
        """Keep an object."""
        self.server.store().put(f"{self.namespace}/{key}", body)

    def remove(self, key: str) -> None:
        """Remove an object."""
        self.server.store().delete(f"{self.namespace}/{key}")

    def write_status(self, task_id: str, **status: Any) -> None:
        """What the controller would say of a run."""
        self._ask("PATCH", f"taskruns/{task_id}/status", {"status": status})

    def succeed(
        self, task_id: str, body: bytes, content_type: str = "application/json", **result: Any
    ) -> None:
        """A run that has ended well, with this result."""
        key = f"{self.namespace}/{task_id}/1/result"
        self.store(key, body)
        digest = hashlib.sha256(body).hexdigest()
        stored = {"key": key, "size": len(body), "sha256": digest, "contentType": content_type}
        times = {"startedAt": _now(), "finishedAt": _now()}
        self.write_status(
            task_id, phase="Succeeded", attempt=1, result={**stored, **result}, **times
        )

    def fail(self, task_id: str, reason: str, message: str | None = None) -> None:
        """A run that has failed."""
        told = {"message": message} if message else {}
        self.write_status(
            task_id, phase="Failed", attempt=1, reason=reason, finishedAt=_now(), **told
        )

    def clear(self) -> None:
        """Remove the objects; the namespace is another's to remove."""
        keys = [f"{self.namespace}/{key}" for key in self.objects()]
        if keys:
            self.server.store().delete(keys)

    def _ask(self, method: str, path: str, change: Any = None) -> Any:
        url = f"/apis/{API_VERSION}/namespaces/{self.namespace}/{path}"
        headers = {"content-type": "application/merge-patch+json"} if change else {}
        answer = self.api.request(method, url, json=change, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
