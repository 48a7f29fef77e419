"""The API server over plain HTTP, for tests that ask it often: no start of kubectl for each look."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.binaries import binary

Manifest = dict[str, Any]
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


class NamespaceApi:
    """Objects of one namespace, each kind named by its path: `batch/v1/jobs`, `v1/pods`."""

    def __init__(self, client: httpx.Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def create(self, kind: str, manifest: Manifest) -> Manifest:
        return self._json(self._client.post(self._path(kind), json=manifest))

    def evict(self, pod: str) -> None:
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
        path = f"{self._path('v1/pods', pod)}/eviction"
        self._json(self._client.post(path, json=eviction))

    def pod_log(self, pod: str) -> str:
        return self._client.get(f"{self._path('v1/pods', pod)}/log").text

    def get(self, kind: str, name: str) -> Manifest:
        return self._json(self._client.get(self._path(kind, name)))

    def list(self, kind: str, selector: str = "") -> Manifest:
        query = {"labelSelector": selector} if selector else {}
        return self._json(self._client.get(self._path(kind), params=query))

    def patch(self, kind: str, name: str, change: Manifest) -> Manifest:
        path = self._path(kind, name)
        return self._json(self._client.patch(path, content=json.dumps(change), headers=MERGE_PATCH))

    def delete(self, kind: str, name: str, **options: Any) -> None:
        path = self._path(kind, name)
        self._json(self._client.request("DELETE", path, json=options or None))

    def watch(self, kind: str, version: str) -> Iterator[Manifest]:
        """The events since a version of the collection, until the server ends the watch."""
        query = {"watch": "1", "resourceVersion": version}
        with self._client.stream("GET", self._path(kind), params=query) as answer:
            answer.raise_for_status()
            yield from map(json.loads, answer.iter_lines())

    def _path(self, kind: str, name: str = "") -> str:
        group, _, plural = kind.rpartition("/")
        root = "api" if group == "v1" else "apis"
        place = f"/{root}/{group}/namespaces/{self._namespace}/{plural}"
        return f"{place}/{name}" if name else place

    def _json(self, answer: httpx.Response) -> Manifest:
        if answer.is_error:
            raise RuntimeError(f"{answer.request.url.path}: {answer.status_code} {answer.text}")
        found: Manifest = answer.json()
        return found


@contextmanager
def namespace_api(kubeconfig: Path, namespace: str) -> Iterator[NamespaceApi]:
    """The API of a namespace, through `kubectl proxy`, whatever way to log in the kubeconfig names."""
    command: list[str | Path] = [
        binary("kubectl"),
        f"--kubeconfig={kubeconfig}",
        "proxy",
        "--port=0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            line = proxy.stdout.readline() if proxy.stdout else ""
            if not line.startswith("Starting to serve on "):
                raise RuntimeError(f"kubectl proxy said: {line!r}")
            url = f"http://{line.split()[-1]}"
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                yield NamespaceApi(client, namespace)
        finally:
            proxy.terminate()
