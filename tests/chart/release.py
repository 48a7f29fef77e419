"""A release of the chart in a real cluster, in a namespace of its own."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.cluster import images
from tests.cluster.cluster import Cluster
from tests.cluster.helm import Helm
from tests.cluster.kubectl import Kubectl

from .files import CHART, CRDS, ROOT
from .rendering import RELEASE

CREDENTIALS = "object-store"
PATIENCE = 120
"""Seconds that pods may take to start and to end on a loaded machine of two cores."""

_NOT_OF_A_RELEASE = ("configmap/kube-root-ca.crt", "serviceaccount/default", "event")
"""What is in every namespace, or comes by itself."""


@dataclass(frozen=True)
class Release:
    """One release, which serves its own namespace only."""

    cluster: Cluster
    namespace: str
    image: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: {"crds.enabled": "false"})
    """What it is installed with, besides its image, its object store and its namespace."""

    @property
    def helm(self) -> Helm:
        return Helm(self.cluster.kubeconfig)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """Run kubectl in the release's namespace."""
        return self._kubectl("-n", self.namespace, *arguments, stdin=stdin, timeout=PATIENCE)

    def get(self, *arguments: str) -> Any:
        """What `kubectl get` tells of objects in the namespace."""
        return self._kubectl.json("get", "-n", self.namespace, *arguments)

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change objects in the namespace."""
        self._kubectl.apply(*objects, namespace=self.namespace)

    def prepare(self, labels: Mapping[str, str]) -> None:
        """Make the namespace, with the object store's credentials in it."""
        self._kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": self.namespace, "labels": dict(labels)},
            }
        )
        store = self.cluster.object_store
        keys = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key}
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": CREDENTIALS},
                "stringData": keys,
            }
        )

    def install(self, *options: str) -> str:
        """Install it and wait until all of it is up; returns what Helm says then."""
        options = (*self._values(), *options, *self._waiting)
        return self.helm.install(RELEASE, CHART, self.namespace, *options)

    def upgrade(self, *values: str) -> None:
        """Change some values."""
        changed = [word for value in values for word in ("--set", value)]
        self.helm.upgrade(RELEASE, CHART, self.namespace, *self._values(), *changed, *self._waiting)

    def rollback(self, revision: int) -> None:
        """Go back to an earlier state."""
        self.helm.rollback(RELEASE, revision, self.namespace, *self._waiting)

    def uninstall(self, *, wait: bool = True) -> None:
        """Remove it, and wait until it is gone."""
        waiting = self._waiting if wait else ()
        self.helm.uninstall(RELEASE, self.namespace, "--ignore-not-found", *waiting)

    def settings(self) -> str:
        """The settings file of the programs."""
        text: str = self.get("configmap", RELEASE)["data"]["config.yaml"]
        return text

    def allowed(self, account: str, attributes: Sequence[dict[str, str]]) -> list[bool]:
        """Which of these things the controller or the gateway may do, by the API server's answer."""
        user = f"system:serviceaccount:{self.namespace}:{RELEASE}-{account}"
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}"]
        reviews = [
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": user, "groups": groups, "resourceAttributes": each},
            }
            for each in attributes
        ]
        listed = {"apiVersion": "v1", "kind": "List", "items": reviews}
        answers = self.kubectl(
            *("create", "-f", "-", "-o", 'jsonpath={.status.allowed}{"\\n"}'),
            stdin=json.dumps(listed),
        )
        return [answer == "true" for answer in answers.split()]

    def http(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """GET, or POST with a body, at the gateway's Service."""
        url = f"/api/v1/namespaces/{self.namespace}/services/{RELEASE}-gateway:http/proxy{path}"
        if body is None:
            return self._kubectl("get", "--raw", url)
        return json.loads(self._kubectl("create", "--raw", url, "-f", "-", stdin=json.dumps(body)))

    def contents(self) -> set[str]:
        """All objects of the namespace that do not come by themselves."""
        kinds = self._kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
        found = self.kubectl("get", ",".join(kinds), "-o", "name", "--ignore-not-found").split()
        return {name for name in found if not name.startswith(_NOT_OF_A_RELEASE)}

    @property
    def _kubectl(self) -> Kubectl:
        return Kubectl(self.cluster.kubeconfig)

    @property
    def _waiting(self) -> tuple[str, str]:
        return "--wait", f"--timeout={PATIENCE}s"

    def _values(self) -> list[str]:
        repository, _, tag = self.image.rpartition(":")
        store = self.cluster.object_store
        values = {
            "image.repository": repository,
            "image.tag": tag,
            "storage.url": f"s3://{store.bucket}/{self.namespace}",
            "storage.endpoint": store.endpoint,
            "storage.region": store.region,
            "storage.credentialsSecret": CREDENTIALS,
            "controller.namespaces": f"{{{self.namespace}}}",
            **self.values,
        }
        return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def operator_image(cluster: Cluster) -> str:
    """The image of controller and gateway, where the cluster's nodes find it."""
    return images.build(ROOT, "taskyard-operator", target="operator", registry=cluster.registry)


def remove(cluster: Cluster, namespace: str, *, wait: bool = True) -> None:
    """Take away a release and its namespace, as far as they are there; the definitions stay.

    Without `wait` some of it is still on its way out afterwards.
    """
    Release(cluster, namespace).uninstall(wait=wait)
    gone = ("--ignore-not-found", f"--wait={str(wait).lower()}")
    Kubectl(cluster.kubeconfig)("delete", "namespace", namespace, *gone, timeout=180)


@contextmanager
def prepared(cluster: Cluster, image: str) -> Iterator[Release]:
    """A namespace where only restricted pods may run, ready for a release; nothing of it stays."""
    release = Release(cluster, f"chart-{secrets.token_hex(4)}", image)
    try:
        release.prepare({"pod-security.kubernetes.io/enforce": "restricted"})
        yield release
    finally:
        remove(cluster, release.namespace, wait=False)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that nothing can be asked to wait for."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.3)


def define(kubectl: Kubectl) -> None:
    """Install the definitions where they are missing, and leave alone those that are there.

    They are shared by everything that runs in the cluster: `test_definitions` is about them.
    """
    there = kubectl("get", "customresourcedefinitions", "-o", "name")
    for file in CRDS.glob("*.yaml"):
        if file.stem not in there:
            kubectl("create", "-f", file)
            kubectl("wait", "--for=condition=Established", f"crd/{file.stem}", "--timeout=30s")
