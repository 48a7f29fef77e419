"""Builds the cluster's Go programs from the pinned modules below `go/`, once for each pin.

A binary is kept in the cache below the hash of all that it was built from, so that a changed
version or flag makes a new one, and two checkouts with the same pins share one.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .commands import progress, run
from .layout import cache_dir
from .locks import alone
from .toolchain import MODULES, go

KUBERNETES = "1.34.4"

_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}
_STRIPPED = "-s -w"
# Kubernetes' own build scripts set these: without them it claims to be v0.0.0, which clients and
# charts take for a cluster that is too old.
_VERSIONED = " ".join(
    [
        _STRIPPED,
        f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES}",
        f"-X k8s.io/component-base/version.gitMajor={KUBERNETES.split('.')[0]}",
        f"-X k8s.io/component-base/version.gitMinor={KUBERNETES.split('.')[1]}",
        f"-X k8s.io/client-go/pkg/version.gitVersion=v{KUBERNETES}",
    ]
)


@dataclass(frozen=True)
class Source:
    """What a binary is built from: a folder below `go/`, a package there, and linker flags."""

    module: str
    package: str
    flags: str = _STRIPPED


SOURCES = {
    "etcd": Source("etcd", "go.etcd.io/etcd/server/v3"),
    "coredns": Source("coredns", "."),
    "helm": Source("helm", "helm.sh/helm/v3/cmd/helm"),
    "pause": Source("pause", "."),
    "kwok": Source("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
} | {
    name: Source("kube", f"k8s.io/kubernetes/cmd/{name}", _VERSIONED)
    for name in (
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubectl",
        "kubelet",
        "kube-proxy",
    )
}
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
NODE = ("kubelet", "kube-proxy", "coredns", "pause")


def binary(name: str) -> Path:
    """The program of that name; it is built when the cache does not have it."""
    path = _folder(SOURCES[name]) / name
    if not path.exists():
        with alone("build"):  # on the whole machine: a build takes all cores and a gigabyte
            if not path.exists():  # another process may have built it while this one waited
                _build(name, path)
    return path


def _folder(source: Source) -> Path:
    return cache_dir() / "bin" / f"{source.module}-{_fingerprint(source)}"


def _fingerprint(source: Source) -> str:
    digest = hashlib.sha256(repr((sorted(_ENVIRONMENT.items()), source.flags)).encode())
    for file in sorted((MODULES / source.module).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def _build(name: str, path: Path) -> None:
    source = SOURCES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{name}.unfinished")
    with progress(f"building {name}"):
        run(
            "nice",  # tests that need no Kubernetes run meanwhile, and some of them look at the clock
            *(go(), "build", "-ldflags", source.flags, "-o", unfinished, source.package),
            cwd=MODULES / source.module,
            env=os.environ | _ENVIRONMENT,
            timeout=1800,
        )
        unfinished.rename(path)
