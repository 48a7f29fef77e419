"""kubectl with the test cluster's kubeconfig: for tests that look at it as a person does."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .binaries import binary
from .commands import run
from .kubeconfig import api_cache


@dataclass(frozen=True)
class Kubectl:
    """`kubectl("get", "pods", "-n", namespace)` returns what it printed; a failure raises."""

    kubeconfig: Path

    def __call__(self, *args: str | Path, stdin: str = "", timeout: float = 120) -> str:
        flag = f"--kubeconfig={self.kubeconfig}"
        env = os.environ | api_cache()
        return run(binary("kubectl"), flag, *args, stdin=stdin, env=env, timeout=timeout)

    def json(self, *args: str | Path, timeout: float = 120) -> Any:
        """The same with `-o json`, parsed."""
        return json.loads(self(*args, "-o", "json", timeout=timeout))

    def apply(self, *objects: Mapping[str, Any], namespace: str = "default") -> str:
        """Create or change objects that are given as Python mappings."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self("apply", "-n", namespace, "-f", "-", stdin=json.dumps(listed))

    def account(self, name: str, namespace: str, file: Path) -> Path:
        """Write the kubeconfig of a ServiceAccount into a file."""
        content = json.loads(self.kubeconfig.read_text())
        token = self("create", "token", name, "-n", namespace).strip()
        content["users"][0]["user"] = {"token": token}
        file.write_text(json.dumps(content))
        return file
