"""The control plane: etcd, the API server, the controllers and the scheduler, on loopback.

It needs neither root nor a node. Objects, controllers, webhooks, RBAC and validation behave as in
any cluster; pods stay Pending until a node joins.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from . import api
from .binaries import CONTROL_PLANE, binary
from .certificates import certificate, key, make_certificates
from .kubeconfig import ADMIN, CONTROLLERS, SCHEDULER, kubeconfig, make_kubeconfigs, token_file
from .layout import API_PORT, HOST_IP, SERVICE_NETWORK, state_dir
from .processes import Process

_ETCD = "http://127.0.0.1:2379"
_ETCD_PEER = "http://127.0.0.1:2380"
# The defaults (20 requests and 5 Jobs at a time) would be the narrowest place of a system whose
# every task is a Job.
_REQUEST_RATE = ("--kube-api-qps=200", "--kube-api-burst=400")
_JOBS_AT_A_TIME = "--concurrent-job-syncs=20"

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True)
class ControlPlane:
    """A Kubernetes API: all that a test needs of it is the file with which to reach it."""

    kubeconfig: Path


def up() -> ControlPlane:
    """Start what does not run, and wait until a pod could be created."""
    for name in CONTROL_PLANE:
        binary(name)
    make_certificates()
    make_kubeconfigs()
    for process, ready, timeout in _servers():
        process.start()
        process.wait_until(ready, timeout)
    return ControlPlane(kubeconfig(ADMIN))


def down() -> None:
    """Stop all of it, readers before what they read from, and forget all objects."""
    for name in reversed(NAMES):
        Process(name).stop()
    shutil.rmtree(_data(), ignore_errors=True)


def running() -> bool:
    return all(Process(name).alive() for name in NAMES)


def _servers() -> list[tuple[Process, Callable[[], bool], float]]:
    """The servers in the order in which they need each other, with what shows that each works."""
    return [
        (_etcd(), _etcd_healthy, 20),
        (_api_server(), lambda: api.answers("/readyz"), 60),
        # A pod needs its namespace's service account, which a controller makes.
        (controllers(), lambda: api.answers(f"{_DEFAULT}/serviceaccounts/default"), 60),
        (_scheduler(), lambda: True, 1),
    ]


_DEFAULT = "/api/v1/namespaces/default"


def _etcd() -> Process:
    return Process(
        "etcd",
        [
            binary("etcd"),
            f"--data-dir={_data()}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            f"--listen-peer-urls={_ETCD_PEER}",
            f"--initial-advertise-peer-urls={_ETCD_PEER}",
            f"--initial-cluster=default={_ETCD_PEER}",
            # Nothing here must survive a power cut.
            "--unsafe-no-fsync",
            f"--quota-backend-bytes={8 << 30}",
            "--log-level=warn",
        ],
    )


def _api_server() -> Process:
    return Process(
        "kube-apiserver",
        [
            binary("kube-apiserver"),
            f"--etcd-servers={_ETCD}",
            # There is no bridge yet: pods reach it by way of `services.api_forwarder`.
            "--bind-address=127.0.0.1",
            f"--secure-port={API_PORT}",
            f"--advertise-address={HOST_IP}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            f"--tls-cert-file={certificate('apiserver')}",
            f"--tls-private-key-file={key('apiserver')}",
            f"--client-ca-file={certificate('ca')}",
            f"--token-auth-file={token_file()}",
            "--authorization-mode=Node,RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key('service-accounts')}",
            f"--service-account-signing-key-file={key('service-accounts')}",
            f"--kubelet-client-certificate={certificate('kubelet-client')}",
            f"--kubelet-client-key={key('kubelet-client')}",
            # Else it asks the name service for the node's name, which nobody has told it.
            "--kubelet-preferred-address-types=InternalIP",
            "--allow-privileged",
            "--v=1",
        ],
    )


def controllers(*more: str) -> Process:
    """Kubernetes' own controllers, with further words on their command line."""
    return Process(
        "kube-controller-manager",
        [
            binary("kube-controller-manager"),
            f"--kubeconfig={kubeconfig(CONTROLLERS)}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            "--use-service-account-credentials=false",
            f"--service-account-private-key-file={key('service-accounts')}",
            f"--root-ca-file={certificate('ca')}",
            f"--cluster-signing-cert-file={certificate('ca')}",
            f"--cluster-signing-key-file={key('ca')}",
            *_REQUEST_RATE,
            _JOBS_AT_A_TIME,
            "--v=1",
            *more,
        ],
    )


def _scheduler() -> Process:
    return Process(
        "kube-scheduler",
        [
            binary("kube-scheduler"),
            f"--kubeconfig={kubeconfig(SCHEDULER)}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
            *_REQUEST_RATE,
            "--v=1",
        ],
    )


def _data() -> Path:
    return state_dir() / "etcd"


def _etcd_healthy() -> bool:
    return httpx.get(f"{_ETCD}/health", trust_env=False, timeout=2).is_success
