"""Installs distribution packages by apt: only those that are missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .commands import CommandError, progress, run

NODE = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "iproute2",
    "conntrack",
    "docker-registry",
    "haproxy",
)
_POLICY = Path("/usr/sbin/policy-rc.d")
IMAGES = ("buildah", "mmdebstrap", "binutils")


def install(*names: str) -> None:
    """Install what is missing of `names`; ask for new package lists only when apt needs them."""
    missing = [name for name in names if not _installed(name)]
    if not missing:
        return
    with progress(f"installing {' '.join(missing)}"):
        try:
            _apt_install(missing)
        except CommandError:  # no lists yet, or lists that name versions which are gone
            run("apt-get", "update", "-qq")
            _apt_install(missing)


def _installed(name: str) -> bool:
    try:
        return "ok installed" in run("dpkg-query", "--show", "--showformat=${Status}", name)
    except CommandError:
        return False


def _apt_install(names: list[str]) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    options = ("--yes", "--quiet=2", "--no-install-recommends")
    with _nothing_started():
        run("apt-get", "install", *options, *names, env=os.environ | quiet, timeout=1200)


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Keep the packages from starting their services, as Debian's policy layer allows.

    Else they would take the registry's port, and stay behind when the cluster goes.
    """
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")  # "forbidden", in the words of invoke-rc.d(8)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
