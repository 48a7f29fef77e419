"""Taskyard in a cluster, installed as a platform team does it: images, a Secret, helm, kubectl."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chart.files import ROOT
from tests.chart.release import Release, operator_image
from tests.chart.rendering import RELEASE
from tests.cluster import images
from tests.cluster.binaries import binary
from tests.cluster.cluster import Cluster
from tests.cluster.kubectl import Kubectl

ROOT_SERVICE = "image-generation"
"""The service that answers at the gateway's root, as that of the reference document does."""


@dataclass(frozen=True)
class Installation:
    """One release of the chart, which serves its own namespace only."""

    cluster: Cluster
    namespace: str
    runtime_image: str
    """What the image of a service is built on."""

    @property
    def kubectl(self) -> Kubectl:
        """Kubectl for the whole cluster."""
        return Kubectl(self.cluster.kubeconfig)

    def in_namespace(self, *arguments: str, timeout: float = 120) -> str:
        """Run kubectl in the namespace of the release."""
        return self.kubectl("-n", self.namespace, *arguments, timeout=timeout)

    def get(self, *arguments: str) -> Any:
        """What `kubectl get` tells of objects in the namespace, as JSON."""
        return self.kubectl.json("-n", self.namespace, "get", *arguments)

    def deploy(self, folder: Path, manifest: dict[str, Any] | None = None) -> str:
        """Build the image of the service in `folder` and apply its TaskService; returns its name."""
        service = manifest or yaml.safe_load((folder / "taskservice.yaml").read_text())
        name: str = service["metadata"]["name"]
        image = images.build(
            folder,
            name,
            build_args={"RUNTIME": self.runtime_image},
            registry=self.cluster.registry,
        )
        service["spec"]["image"] = image
        self.kubectl.apply(service, namespace=self.namespace)
        return name

    def pid(self, selector: str) -> int:
        """The pid, on this machine, of the main process of a pod."""
        [pod] = self.get("pods", "-l", selector)["items"]
        uid: str = pod["metadata"]["uid"]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                group = (process / "cgroup").read_text().replace("_", "-")
                words = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended meanwhile
            if uid in group and b"taskyard_operator" in words:
                return int(process.name)
        raise RuntimeError(f"no process of pod {pod['metadata']['name']} runs on this machine")

    def kill(self, selector: str) -> None:
        """End the main process of a pod by SIGKILL; the kubelet starts it again.

        From the machine: the kubelet itself gives two seconds of grace to whatever it deletes, and in a
        container the first process does not hear a SIGKILL of its own kind.
        """
        os.kill(self.pid(selector), signal.SIGKILL)

    def restarts(self, selector: str) -> list[int]:
        """The exit codes with which the containers of a pod ended before they were started again."""
        [pod] = self.get("pods", "-l", selector)["items"]
        statuses = pod["status"]["containerStatuses"]
        return [s["lastState"]["terminated"]["exitCode"] for s in statuses if s["restartCount"]]

    @property
    def gateway_in_cluster(self) -> str:
        """The URL of the gateway's Service, which stays the same whichever pod is behind it."""
        return f"http://{self.get('service', f'{RELEASE}-gateway')['spec']['clusterIP']}"

    @contextmanager
    def gateway(self, port: int = 0) -> Iterator[str]:
        """The URL of the gateway, forwarded to a port of this machine (0: any that is free)."""
        command = [
            *(str(binary("kubectl")), f"--kubeconfig={self.cluster.kubeconfig}"),
            *("-n", self.namespace),
            *("port-forward", f"service/{RELEASE}-gateway", f"{port or ''}:80"),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forward:
            try:
                line = forward.stdout.readline() if forward.stdout else ""
                if not line.startswith("Forwarding from"):
                    raise RuntimeError(f"kubectl port-forward said: {line!r}")
                yield f"http://127.0.0.1:{line.split()[2].rpartition(':')[2]}"
            finally:
                forward.terminate()


def install(cluster: Cluster, namespace: str) -> Installation:
    """Build the images and install the chart into a new namespace; waits until all is up."""
    values = {"gateway.rootService": ROOT_SERVICE}
    release = Release(cluster, namespace, operator_image(cluster), values)
    release.prepare({})
    # The definitions belong to the whole cluster, and those of an earlier release may be there still.
    release.install("--take-ownership")
    runtime = images.build(ROOT, "taskyard-runtime", target="runtime", registry=cluster.registry)
    return Installation(cluster, namespace, runtime)
