"""The kubelet: it joins the node to the cluster and has containerd run the node's pods."""

from __future__ import annotations

import json

from . import api, runtime
from .binaries import binary
from .certificates import certificate
from .files import keep
from .kubeconfig import KUBELET, kubeconfig
from .kubectl import Kubectl
from .layout import CLUSTER_DOMAIN, HOST_IP, NODE_NAME, state_dir
from .processes import Process

NODE_PATH = f"/api/v1/nodes/{NODE_NAME}"


def up() -> None:
    process = kubelet()
    process.start()
    process.wait_until(_ready)


def kubelet() -> Process:
    folder = state_dir() / "kubelet"
    settings = keep(folder / "config.json", json.dumps(_settings(), indent=1))
    return Process(
        "kubelet",
        [
            binary("kubelet"),
            f"--config={settings}",
            f"--kubeconfig={kubeconfig(KUBELET)}",
            f"--hostname-override={NODE_NAME}",
            # All traffic of the node stays on the bridge.
            f"--node-ip={HOST_IP}",
            f"--root-dir={folder / 'root'}",
            f"--cert-dir={folder / 'certificates'}",
            "--v=1",
        ],
    )


def forget_node() -> None:
    """Delete the Node: else the scheduler would go on using it, for a while after its end."""
    if api.answers(NODE_PATH):
        Kubectl(kubeconfig())("delete", "node", NODE_NAME, "--wait=false")


def _ready() -> bool:
    conditions = api.get(NODE_PATH)["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _settings() -> dict[str, object]:
    folder = state_dir() / "kubelet"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": HOST_IP,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(certificate("ca"))},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{runtime.socket()}",
        # No systemd, and control groups of either version.
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [HOST_IP],
        "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": str(keep(folder / "resolv.conf", f"nameserver {HOST_IP}\n")),
        "podLogsDir": str(folder / "logs"),
        "volumePluginDir": str(folder / "plugins"),
        "maxPods": 250,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
        "oomScoreAdj": 0,
        # Never collect images, and hardly ever evict: a developer's disk is often nearly full, and
        # what is made here cannot be pulled again from anywhere.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
        },
    }
