"""Whether what belongs together is of one version: the command, the servers, the definitions, the cluster."""

from collections.abc import Mapping
from typing import Any

from taskyard.api.definitions import Kind, missing_fields
from taskyard.api.names import GROUP
from taskyard.cli._findings import Finding, Verdict

OLDEST_KUBERNETES = (1, 31)
"""The first release that the chart takes."""
_NAMED = 3
"""Most fields that are told by their names."""


def version_finding(subject: str, theirs: str | None, ours: str) -> Finding:
    """Whether a server is of the version of this command; None where it does not tell its own."""
    if theirs == ours:
        return Finding(subject, Verdict.GOOD, f"is {theirs}, as this command")
    if theirs is None:
        told = "is not told: it is older than this command"
        return Finding(subject, Verdict.DOUBTFUL, told, _upgrade(ours))
    told = f"is {theirs}, and this command is {ours}"
    remedy = f"{_upgrade(ours)}; or here: pip install taskyard=={theirs}"
    return Finding(subject, Verdict.DOUBTFUL, told, remedy)


def _upgrade(version: str) -> str:
    return f"Upgrade the release to {version} by helm, or start `taskyard serve` anew"


def kubernetes_finding(server: Mapping[str, str]) -> Finding:
    """Whether the cluster is new enough, by what `kubectl version` tells of its server."""
    numbers = int(server["major"]), int(server["minor"].rstrip("+"))
    told = f"Kubernetes {server['gitVersion']}"
    if numbers >= OLDEST_KUBERNETES:
        return Finding("cluster", Verdict.GOOD, told)
    oldest = ".".join(map(str, OLDEST_KUBERNETES))
    remedy = f"Upgrade it: the chart is made for {oldest} and newer"
    return Finding("cluster", Verdict.DOUBTFUL, told, remedy)


def definition_finding(kind: Kind, installed: Mapping[str, Any], ours: str) -> Finding:
    """Whether a CustomResourceDefinition knows all fields that this version has."""
    subject = f"definition {kind.PLURAL}.{GROUP}"
    missing = missing_fields(kind, installed)
    if not missing:
        return Finding(subject, Verdict.GOOD, f"knows all that {ours} needs")
    more = ", …" if len(missing) > _NAMED else ""
    told = f"is older than this command, and lacks {', '.join(missing[:_NAMED])}{more}"
    remedy = f"Upgrade the release that has crds.enabled to {ours}, or kubectl apply -f crds/ of it"
    return Finding(subject, Verdict.BAD, told, remedy)
