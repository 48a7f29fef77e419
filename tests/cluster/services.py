"""The node's smaller servers: the pods' way to the API server, kube-proxy, CoreDNS, and the image registry."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from . import api
from .binaries import binary
from .files import keep
from .kubeconfig import PROXY, kubeconfig
from .layout import (
    API_PORT,
    API_SERVICE_IP,
    CLUSTER_DOMAIN,
    HOST_IP,
    NODE_NAME,
    POD_NETWORK,
    REGISTRY,
    state_dir,
)
from .processes import Process

_DNS_HEALTH = "127.0.0.1:8180"
_DNS_READY = "127.0.0.1:8181"
_REGISTRY_PORT = REGISTRY.partition(":")[2]

# The API server listens on loopback alone: it starts before there is a bridge. The times are the
# longest that a watch may be silent; with the server's end its connections end as well.
_HAPROXY = f"""\
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h

listen kube-apiserver
    bind {HOST_IP}:{API_PORT}
    server kube-apiserver 127.0.0.1:{API_PORT}
"""

_COREFILE = f"""\
.:53 {{
    bind {HOST_IP}
    errors
    health {_DNS_HEALTH}
    ready {_DNS_READY}
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig %s
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }}
    forward . /etc/resolv.conf
    cache 5
}}
"""


def up() -> None:
    """Start all of them, then wait for each."""
    forwarder, proxy, dns, registry = api_forwarder(), kube_proxy(), coredns(), docker_registry()
    for process in (forwarder, proxy, dns, registry):
        process.start()
    forwarder.wait_until(lambda: api.answers("/version", f"https://{HOST_IP}:{API_PORT}"))
    proxy.wait_until(lambda: api.answers("/version", f"https://{API_SERVICE_IP}"))
    dns.wait_until(lambda: _answers(f"http://{_DNS_READY}/ready"))
    registry.wait_until(lambda: _answers(f"http://127.0.0.1:{_REGISTRY_PORT}/v2/"))


def api_forwarder() -> Process:
    file = keep(_folder() / "haproxy.cfg", _HAPROXY)
    return Process("api-forwarder", ["haproxy", "-db", "-f", file])


def kube_proxy() -> Process:
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": POD_NETWORK,
        "clientConnection": {"kubeconfig": str(kubeconfig(PROXY))},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        # Node ports on the bridge only, not on the machine's other addresses.
        "nodePortAddresses": [POD_NETWORK],
        "iptables": {"localhostNodePorts": False},
        # Leaves the kernel's own limits alone.
        "conntrack": {"maxPerCore": 0, "min": 0},
    }
    file = keep(_folder() / "kube-proxy.json", json.dumps(settings, indent=1))
    return Process(
        "kube-proxy",
        [binary("kube-proxy"), f"--config={file}", f"--hostname-override={NODE_NAME}", "--v=1"],
    )


def coredns() -> Process:
    file = keep(_folder() / "Corefile", _COREFILE % kubeconfig())
    return Process("coredns", [binary("coredns"), "-conf", file])


def docker_registry() -> Process:
    settings = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(state_dir() / "registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": f"127.0.0.1:{_REGISTRY_PORT}"},
    }
    file = keep(_folder() / "registry.json", json.dumps(settings, indent=1))
    return Process("docker-registry", ["docker-registry", "serve", file])


def _answers(url: str) -> bool:
    return httpx.get(url, trust_env=False, timeout=2).is_success


def _folder() -> Path:
    return state_dir() / "services"
