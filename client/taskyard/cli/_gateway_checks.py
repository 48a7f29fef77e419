"""What `taskyard doctor` asks a gateway."""

from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from taskyard._errors import APIError, TaskyardError
from taskyard.api.names import GROUP, new_run_name
from taskyard.cli._findings import Finding, Verdict
from taskyard.cli._versions import version_finding

if TYPE_CHECKING:
    from taskyard.cli._gateway import Gateway

_MAX_SKEW = 5.0
"""Seconds between two clocks from which on ages and deadlines look wrong."""


def gateway_findings(
    gateway: "Gateway", ours: str, now: Callable[[], datetime]
) -> Iterator[Finding]:
    """What a gateway answers, to a command of our version; where it does not, that is all."""
    try:
        reply = gateway.healthy()
    except TaskyardError as error:
        told = f"Start one with `taskyard serve`, or correct --url; tried {gateway.url}"
        yield Finding("gateway", Verdict.BAD, str(error), told)
        return
    yield Finding("gateway", Verdict.GOOD, f"answers at {gateway.url}")
    yield clock_finding(reply.headers.get("date", ""), now())
    try:
        yield version_finding("version of the gateway", gateway.server().get("version"), ours)
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
