"""What `taskyard doctor` asks a cluster, through kubectl."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from taskyard.api.definitions import KINDS, Kind
from taskyard.api.names import GROUP
from taskyard.cli._exits import NoGateway
from taskyard.cli._findings import Finding, Verdict
from taskyard.cli._versions import definition_finding, kubernetes_finding, version_finding

if TYPE_CHECKING:
    from subprocess import CompletedProcess

_NEEDED = (("get", "taskservices"), ("get", "taskruns"), ("create", "taskruns"))
_CONTROLLERS = "app.kubernetes.io/name=taskyard,app.kubernetes.io/component=controller"
_VERSION = "app.kubernetes.io/version"

Kubectl = Callable[..., "CompletedProcess[str]"]


def cluster_findings(kubectl: Kubectl, namespace: str | None, ours: str) -> Iterator[Finding]:
    """What kubectl tells of the cluster of the current context; where it does not, that is all."""
    try:
        version = kubectl("version", "--output", "json")
    except NoGateway as error:
        yield Finding("kubectl", Verdict.BAD, str(error))
        return
    if version.returncode != 0:
        told = version.stderr.strip().splitlines()[-1:] or ["no answer"]
        remedy = "Choose another context: kubectl config get-contexts"
        yield Finding("cluster", Verdict.BAD, told[0], remedy)
        return
    where = ["--namespace", namespace] if namespace else []
    yield kubernetes_finding(json.loads(version.stdout)["serverVersion"])
    yield from (_definition(kubectl, kind, ours) for kind in KINDS)
    yield from _controllers(kubectl, where, ours)
    yield from _rights(kubectl, where)


def _definition(kubectl: Kubectl, kind: Kind, ours: str) -> Finding:
    name = f"{kind.PLURAL}.{GROUP}"
    found = kubectl("get", "customresourcedefinition", name, "--output", "json")
    if found.returncode == 0:
        return definition_finding(kind, json.loads(found.stdout), ours)
    if "Forbidden" in found.stderr:
        return Finding(f"definition {name}", Verdict.DOUBTFUL, "may not be looked at by you")
    remedy = "Install the chart, or kubectl apply -f crds/"
    return Finding(f"definition {name}", Verdict.BAD, "is missing", remedy)


def _controllers(kubectl: Kubectl, where: list[str], ours: str) -> Iterator[Finding]:
    """Those in this namespace; a controller may serve it from another one, where nobody looks."""
    asked = ("get", "deployments", *where, "--selector", _CONTROLLERS, "--output", "json")
    found = kubectl(*asked)
    for one in json.loads(found.stdout)["items"] if found.returncode == 0 else ():
        yield version_finding("version of the controller", _label(one), ours)


def _label(deployment: Mapping[str, Any]) -> str | None:
    version: str | None = deployment["metadata"].get("labels", {}).get(_VERSION)
    return version


def _rights(kubectl: Kubectl, where: list[str]) -> Iterator[Finding]:
    for verb, kind in _NEEDED:
        allowed = kubectl("auth", "can-i", verb, f"{kind}.{GROUP}", *where).stdout.strip()
        subject = f"right to {verb} {kind}"
        if allowed == "yes":
            yield Finding(subject, Verdict.GOOD, "is yours")
        else:
            remedy = "Needed only for kubectl itself; the gateway has rights of its own"
            yield Finding(subject, Verdict.DOUBTFUL, "is not yours", remedy)
