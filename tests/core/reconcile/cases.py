"""The two kinds of cases of `reconcile`, what is done and what is written, and how they are checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from taskyard.api.reasons import Reason, WaitingReason
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import Retries, TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.plan import ArchiveRun, Plan, StartAttempt
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retention import Retention
from taskyard_operator.core.retry import retry_at
from tests.core.builders import CREATED, FINISHED, NOW, RUN_UID, SHA256, STARTED, a_run, a_service

from .runs import LOST_FIRST, SECOND, STOP


@dataclass(frozen=True)
class Case:
    """The plan that is made; no status is written."""

    want: Plan
    run: TaskRun = field(default_factory=a_run)
    attempts: Sequence[Attempt] = ()
    service: TaskService | None = field(default_factory=a_service)
    live: bool = False
    now: datetime = NOW
    retention: Retention = field(default_factory=Retention)
    busy: bool = False


@dataclass(frozen=True)
class Writes:
    """The status that is written, as its wire form without the conditions."""

    want: dict[str, Any]
    run: TaskRun = field(default_factory=a_run)
    attempts: Sequence[Attempt] = ()
    service: TaskService | None = field(default_factory=a_service)
    live: bool = False
    now: datetime = NOW
    busy: bool = False
    due: datetime | None = None
    leaves: bool = False
    """Whether something of the attempt is to be stopped once this is written."""


def seen(**fields: Any) -> dict[str, Any]:
    """What is written of a run whose one attempt was seen; `admitted` is when it may start."""
    admitted: datetime | None = fields.pop("admitted", CREATED)
    record = {"number": 1, "job": "call-7-1", **fields.pop("record", {})}
    if admitted:
        record["admittedAt"] = rfc3339(admitted)
    return {
        "attempt": 1,
        "attempts": [record],
        "queuedAt": rfc3339(CREATED),
        "service": {"generation": 3, "image": "registry.example/summarizer:1"},
        "observedGeneration": 1,
        **fields,
    }


def unseen(**fields: Any) -> dict[str, Any]:
    """What is written of a run that has no attempt."""
    return {
        "attempts": [],
        "queuedAt": rfc3339(CREATED),
        "observedGeneration": 1,
        **fields,
    }


ON_POD = {"pod": "call-7-1-x2v4q", "node": "node-1", "startedAt": rfc3339(STARTED)}
RAN = ON_POD | {"finishedAt": rfc3339(FINISHED)}
ENDED = {"startedAt": rfc3339(STARTED), "finishedAt": rfc3339(FINISHED)}
RESULT = {
    "key": "team/call-7/1/result",
    "size": 12,
    "sha256": SHA256,
    "contentType": "application/json",
    "statusCode": 200,
}
A_SUCCESS = seen(phase="Succeeded", result=RESULT, record=RAN | {"exitCode": 0}, **ENDED)
DEAD_NODE = "The pod did not end in its grace period: node node-1 does not answer."
NO_SERVICE = unseen(
    phase="Queued",
    reason="ServiceNotFound",
    message="There is no TaskService summarizer in namespace team.",
)


def back_after(ended: datetime) -> datetime:
    """When the second attempt is due, where nobody says anything of retries."""
    due = retry_at(Retries(), [LOST_FIRST.model_copy(update={"finished_at": ended})], RUN_UID)
    assert due
    return due


BACK_AT = back_after(FINISHED)


def what_is_done(case: Case) -> Plan:
    return reconcile(
        case.run,
        case.service,
        case.attempts,
        case.now,
        live=case.live,
        retention=case.retention,
        busy=case.busy,
    )


def look(case: Writes, run: TaskRun | None = None, *, later: timedelta = timedelta(0)) -> Plan:
    now = case.now + later
    return reconcile(
        run or case.run, case.service, case.attempts, now, live=case.live, busy=case.busy
    )


def check_what_is_written(case: Writes) -> None:
    plan = look(case)

    assert plan.status
    written = plan.status.to_wire()
    conditions = written.pop("conditions")
    assert written == case.want
    assert (plan.actions, plan.look_again_at, plan.confirm) == ((), case.due, False)
    assert {condition["type"] for condition in conditions} == (
        {"Succeeded", "ResourcesReleased"} if plan.status.terminal else {"Succeeded"}
    )


def check_a_second_look(case: Writes) -> None:
    first = look(case)
    assert first.status
    run = case.run.model_copy(update={"status": first.status})

    second = look(case, run, later=SECOND)

    if first.status.terminal:
        stop = (STOP,) if first.status.message == DEAD_NODE else ()
        assert second == Plan((*stop, ArchiveRun()))
    elif case.service or first.status.reason != WaitingReason.BACKING_OFF:
        due = first.look_again_at
        again = first.status.reason == WaitingReason.BACKING_OFF and due and due <= NOW + SECOND
        actions = (STOP,) if case.leaves else (StartAttempt(2),) if again else ()
        looked_for = actions == (StartAttempt(2),)
        assert (second.status, second.actions, second.confirm) == (None, actions, looked_for)
    else:
        assert second.status
        assert second.status.reason == Reason.SERVICE_NOT_FOUND
