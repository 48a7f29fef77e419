"""The definitions of this tree, in a cluster that others use as well."""

from __future__ import annotations

import json

from taskyard.api.definitions import KINDS, missing_fields
from taskyard.api.names import GROUP
from taskyard_operator.crds import crd_yaml
from tests.cluster.kubectl import Kubectl


def install(kubectl: Kubectl) -> None:
    """Install them, unless those that are there have all that this tree needs."""
    for kind in KINDS:
        name = f"{kind.PLURAL}.{GROUP}"
        found = kubectl("get", "crd", name, "-o", "json", "--ignore-not-found")
        if not found or missing_fields(kind, json.loads(found)):
            kubectl("apply", "-f", "-", stdin=crd_yaml(kind))
        kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
