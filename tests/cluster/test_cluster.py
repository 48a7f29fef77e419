"""The cluster does what the other tests take for granted."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import psutil
import pytest

from . import control_plane, node
from .cluster import Cluster
from .commands import ClusterError
from .helm import Helm
from .images import base, build
from .kubectl import Kubectl
from .layout import HOST_IP
from .object_store import S3Server
from .processes import Process

GREETING = "kept in the object store"


def test_the_api_server_answers_and_is_of_the_pinned_version(kubectl: Kubectl) -> None:
    version = kubectl.json("version")["serverVersion"]["gitVersion"]

    assert version == "v1.34.4"


def test_an_object_that_was_put_is_read_back(object_store: S3Server) -> None:
    store = object_store.store()

    store.put("greeting", GREETING.encode())

    assert bytes(store.get("greeting").bytes()) == GREETING.encode()


def test_a_job_runs_to_its_end_in_an_image_built_here(
    cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        'ARG BASE\nFROM ${BASE}\nCOPY task.py /\nUSER 10001\nCMD ["python", "/task.py"]\n'
    )
    (tmp_path / "task.py").write_text("import os\nprint('hello from', os.getuid())\n")

    image = build(tmp_path, "tests/hello", registry=cluster.registry)

    assert _output_of_job(kubectl, namespace, image, []) == "hello from 10001\n"


def test_pods_find_the_api_server_by_name(
    cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    script = "import socket; print(socket.gethostbyname('kubernetes.default'))"

    assert _output_of_python(cluster, kubectl, namespace, script) == "10.96.0.1\n"


def test_pods_read_an_object_by_a_presigned_url(
    cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    store = cluster.object_store.store()
    store.put("greeting", GREETING.encode())
    url = obstore.sign(store, "GET", "greeting", timedelta(minutes=5))
    script = f"import urllib.request as r; print(r.urlopen({url!r}).read().decode())"

    assert _output_of_python(cluster, kubectl, namespace, script) == f"{GREETING}\n"


def test_its_servers_listen_on_loopback_and_the_bridge_alone(cluster: Cluster) -> None:
    listening = {
        (name, address)
        for name in (*control_plane.NAMES, *node.NAMES, f"object-store-{HOST_IP}")
        for address in _listening(Process(name).pid())
    }

    assert {name for name, _ in listening} >= {"kube-apiserver", "kubelet", "api-forwarder"}
    assert [(n, a) for n, a in listening if a not in ("127.0.0.1", "::1", HOST_IP)] == []


def test_the_node_claims_to_have_gpus(cluster: Cluster, kubectl: Kubectl) -> None:
    (node,) = kubectl.json("get", "nodes")["items"]

    assert int(node["status"]["allocatable"]["nvidia.com/gpu"]) > 0


def test_helm_installs_upgrades_rolls_back_and_uninstalls(
    helm: Helm, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: greeting, version: 0.1.0}")
    (tmp_path / "templates" / "greeting.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: greeting}, data: {to: {{ .Values.to }}}}"
    )

    def greeted() -> list[str]:
        return [each["data"]["to"] for each in _config_maps(kubectl, namespace, "greeting")]

    helm.install("greeting", tmp_path, namespace, "--set", "to=you")
    assert greeted() == ["you"]
    helm.upgrade("greeting", tmp_path, namespace, "--set", "to=all")
    assert greeted() == ["all"]
    helm.rollback("greeting", 1, namespace)
    assert greeted() == ["you"]
    helm.uninstall("greeting", namespace)
    assert greeted() == []


def test_helm_says_why_it_failed(helm: Helm, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"Chart.yaml file is missing"):
        helm.template("greeting", tmp_path)


def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKYARD_STATE", str(tmp_path))
    server = Process("broken", [sys.executable, "-c", "exit('no such port')"])

    server.start()

    with pytest.raises(ClusterError, match=r"broken has ended; the end of .*\n.*no such port"):
        server.wait_until(lambda: False)


def test_a_server_that_ignores_the_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKYARD_STATE", str(tmp_path))
    script = (
        "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    )
    server = Process("stubborn", [sys.executable, "-c", script])
    server.start()
    server.wait_until(lambda: "up" in server.log.read_text())

    server.stop(patience=0.1)

    assert not server.alive()


def _listening(pid: int | None) -> set[str]:
    """The addresses at which a process takes connections."""
    connections = psutil.Process(pid).net_connections("tcp") if pid else []
    return {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}


def _config_maps(kubectl: Kubectl, namespace: str, name: str) -> list[dict[str, Any]]:
    items = kubectl.json("get", "configmaps", "-n", namespace)["items"]
    return [item for item in items if item["metadata"]["name"] == name]


def _output_of_python(cluster: Cluster, kubectl: Kubectl, namespace: str, script: str) -> str:
    return _output_of_job(kubectl, namespace, base(cluster.registry), ["python", "-c", script])


def _output_of_job(kubectl: Kubectl, namespace: str, image: str, command: list[str]) -> str:
    kubectl.apply(_job(image, command), namespace=namespace)
    kubectl("wait", "--for=condition=Complete", "job/task", "-n", namespace, "--timeout=60s")
    return kubectl("logs", "job/task", "-n", namespace)


def _job(image: str, command: list[str]) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "task", "image": image}
    if command:
        container["command"] = command
    pod = {
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": 10001, "runAsNonRoot": True},
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "task"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }
