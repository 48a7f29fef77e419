"""What `taskyard doctor` looks at: each check is one question, and answers with a finding."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from taskyard._errors import APIError, TaskyardError
from taskyard.api.names import GROUP, new_run_name
from taskyard.cli._exits import NoGateway

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from taskyard.cli._gateway import Gateway

OLDEST_KUBERNETES = (1, 31)
"""The first release that the chart takes."""
_MAX_SKEW = 5.0
"""Seconds between two clocks from which on ages and deadlines look wrong."""
_KINDS = ("taskruns", "taskservices")
_NEEDED = (("get", "taskservices"), ("get", "taskruns"), ("create", "taskruns"))


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    DOUBTFUL = "warning"
    BAD = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found; `remedy` is what to do where it is not good."""

    subject: str
    verdict: Verdict
    told: str
    remedy: str = ""


Kubectl = Callable[..., "CompletedProcess[str]"]


def gateway_findings(gateway: "Gateway", now: Callable[[], datetime]) -> Iterator[Finding]:
    """What a gateway answers; where it does not, that is all."""
    try:
        reply = gateway.healthy()
    except TaskyardError as error:
        told = f"Start one with `taskyard serve`, or correct --url; tried {gateway.url}"
        yield Finding("gateway", Verdict.BAD, str(error), told)
        return
    yield Finding("gateway", Verdict.GOOD, f"answers at {gateway.url}")
    yield clock_finding(reply.headers.get("date", ""), now())
    try:
        yield from service_findings(gateway.services())
    except TaskyardError as error:
        remedy = "Set TASKYARD_TOKEN, if something in front of the gateway asks for a token"
        yield Finding("services", Verdict.BAD, str(error), remedy)
        return
    yield _storage(gateway, now())


def clock_finding(date: str, now: datetime) -> Finding:
    """How far this machine's clock is from the gateway's, which says its time with each answer."""
    try:
        skew = (now - parsedate_to_datetime(date)).total_seconds()
    except ValueError:
        return Finding("clock", Verdict.DOUBTFUL, "the gateway does not tell its time")
    if abs(skew) <= _MAX_SKEW:
        return Finding("clock", Verdict.GOOD, "agrees with the gateway's")
    ahead = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the gateway's"
    return Finding("clock", Verdict.DOUBTFUL, f"is {ahead}", "Set it by NTP, here or there")


def service_findings(services: list[dict[str, object]]) -> Iterator[Finding]:
    """Whether there is something to call, and whether it is ready."""
    if not services:
        remedy = "Apply the output of `taskyard manifest`"
        yield Finding("services", Verdict.DOUBTFUL, "there are none", remedy)
        return
    yield Finding("services", Verdict.GOOD, ", ".join(str(one["name"]) for one in services))
    for one in services:
        if not one["ready"]:
            remedy = f"kubectl describe taskservices.{GROUP} {one['name']}"
            yield Finding(f"service {one['name']}", Verdict.BAD, "is not ready", remedy)


def _storage(gateway: "Gateway", now: datetime) -> Finding:
    """Whether the object store answers: the record of a task that nobody knows is looked for there."""
    try:
        gateway.task(new_run_name(now))
    except APIError as error:
        if error.status_code == 404:
            return Finding("storage", Verdict.GOOD, "answers")
        remedy = "See the gateway's log, and its settings of the object store"
        return Finding("storage", Verdict.BAD, str(error), remedy)
    return Finding("storage", Verdict.DOUBTFUL, "the gateway knows a task that was never submitted")


def cluster_findings(kubectl: Kubectl, namespace: str | None) -> Iterator[Finding]:
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
    yield kubernetes_finding(version.stdout)
    yield from _definitions(kubectl)
    yield from _rights(kubectl, namespace)


def kubernetes_finding(version: str) -> Finding:
    """Whether the cluster is new enough, by the JSON of `kubectl version`."""
    server = json.loads(version)["serverVersion"]
    numbers = int(server["major"]), int(server["minor"].rstrip("+"))
    verdict = Verdict.GOOD if numbers >= OLDEST_KUBERNETES else Verdict.DOUBTFUL
    remedy = (
        "" if verdict is Verdict.GOOD else f"It is made for {_dotted(OLDEST_KUBERNETES)} and newer"
    )
    return Finding("cluster", verdict, f"Kubernetes {server['gitVersion']}", remedy)


def _definitions(kubectl: Kubectl) -> Iterator[Finding]:
    for kind in _KINDS:
        name = f"{kind}.{GROUP}"
        found = kubectl("get", "customresourcedefinition", name, "--output", "name")
        if found.returncode == 0:
            yield Finding(f"definition {name}", Verdict.GOOD, "is there")
        elif "Forbidden" in found.stderr:
            yield Finding(f"definition {name}", Verdict.DOUBTFUL, "may not be looked at by you")
        else:
            remedy = "Install the chart, or kubectl apply -f crds/"
            yield Finding(f"definition {name}", Verdict.BAD, "is missing", remedy)


def _rights(kubectl: Kubectl, namespace: str | None) -> Iterator[Finding]:
    where = ["--namespace", namespace] if namespace else []
    for verb, kind in _NEEDED:
        allowed = kubectl("auth", "can-i", verb, f"{kind}.{GROUP}", *where).stdout.strip()
        subject = f"right to {verb} {kind}"
        if allowed == "yes":
            yield Finding(subject, Verdict.GOOD, "is yours")
        else:
            remedy = "Needed only for kubectl itself; the gateway has rights of its own"
            yield Finding(subject, Verdict.DOUBTFUL, "is not yours", remedy)


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
