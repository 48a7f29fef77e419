"""The definitions of this tree, in a cluster that others use as well."""

from __future__ import annotations

from typing import Any

from taskyard.api.definitions import KINDS, Kind, missing_fields
from taskyard.api.names import GROUP
from taskyard_operator.crds import crd_yaml
from tests.cluster.kubectl import Kubectl


def install(kubectl: Kubectl) -> None:
    """Install them, unless those that are there have all that this tree needs."""
    listed = kubectl.json("get", "customresourcedefinitions")["items"]
    there = {definition["metadata"]["name"]: definition for definition in listed}
    for kind in KINDS:
        name = f"{kind.PLURAL}.{GROUP}"
        if name not in there or not _serves(there[name], kind):
            kubectl("apply", "-f", "-", stdin=crd_yaml(kind))
            kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")


def _serves(definition: dict[str, Any], kind: Kind) -> bool:
    """Whether it is at work, and has all fields."""
    conditions = definition.get("status", {}).get("conditions", [])
    works = any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
    return works and not missing_fields(kind, definition)
