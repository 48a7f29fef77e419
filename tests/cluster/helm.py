"""Helm with the test cluster's kubeconfig. A failure raises, with what helm said of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .binaries import binary
from .commands import run
from .kubeconfig import api_cache
from .layout import state_dir


@dataclass(frozen=True)
class Helm:
    """Each method is the command of that name, and returns what it printed."""

    kubeconfig: Path | None
    """Where releases go; None is enough for `template` and `lint`."""

    def __call__(self, *args: str | Path, timeout: float = 300) -> str:
        return run(binary("helm"), *args, env=self._environment(), timeout=timeout)

    def install(self, release: str, chart: Path, namespace: str, *args: str | Path) -> str:
        return self("install", release, chart, "--namespace", namespace, *args)

    def upgrade(self, release: str, chart: Path, namespace: str, *args: str | Path) -> str:
        return self("upgrade", release, chart, "--namespace", namespace, *args)

    def rollback(self, release: str, revision: int, namespace: str, *args: str | Path) -> str:
        return self("rollback", release, str(revision), "--namespace", namespace, *args)

    def uninstall(self, release: str, namespace: str, *args: str | Path) -> str:
        return self("uninstall", release, "--namespace", namespace, *args)

    def template(self, release: str, chart: Path, *args: str | Path) -> str:
        return self("template", release, chart, *args)

    def lint(self, chart: Path, *args: str | Path) -> str:
        return self("lint", chart, *args)

    def _environment(self) -> dict[str, str]:
        # A home of its own: the user's repositories and plugins are not part of a test.
        home = state_dir() / "helm"
        folders = {f"HELM_{kind}_HOME": str(home) for kind in ("CACHE", "CONFIG", "DATA")}
        kubeconfig = {"KUBECONFIG": str(self.kubeconfig or os.devnull)}
        return os.environ | folders | api_cache() | kubeconfig
