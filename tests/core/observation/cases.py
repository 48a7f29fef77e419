"""What is seen of a Job and its Pod, the attempt that it amounts to, and how that is checked."""

from dataclasses import dataclass, replace
from datetime import timedelta

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard_operator.core.attempt import Attempt, Ending, Stage, Waiting
from taskyard_operator.core.observation import observe
from tests.core.builders import CREATED, FINISHED, NOW, RUN_UID, STARTED, a_result
from tests.core.manifests import AJob, APod

NO_POD = Waiting(
    WaitingReason.CONTAINER_CREATING,
    "The Job has no pod yet; if this lasts, a quota or an admission policy of the namespace "
    "refuses it: kubectl describe job tells.",
)
IN_LINE = Waiting(
    WaitingReason.CONTAINER_CREATING,
    "The cluster's Job controller has not come to the Job yet.",
    quiet=timedelta(seconds=30),
)
MADE = Attempt(
    1,
    RUN_UID,
    "call-7-1",
    Stage.WAITING,
    created_at=CREATED,
    admitted_at=CREATED,
    waiting=IN_LINE,
)
"""What a Job alone amounts to; the cases below tell what is different."""
IN_POD = replace(MADE, pod="call-7-1-x2v4q", waiting=None)
ON_NODE = replace(IN_POD, node="node-1")
RUNS = replace(ON_NODE, stage=Stage.RUNNING, started_at=STARTED)
NO_REPORT = "The runner ended with exit code {} and left no report."
LOST = Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was gone before its report could be read.")
ADMITTED = CREATED + timedelta(seconds=20)
DAYS = timedelta(days=8)
PLACED = CREATED + timedelta(seconds=25)


def ended(phase: Phase, reason: Reason | None, message: str, exit_code: int | None) -> Attempt:
    ending = Ending(phase, reason, message, exit_code)
    return replace(RUNS, stage=Stage.ENDED, finished_at=FINISHED, ending=ending)


def failed(reason: Reason, message: str, exit_code: int | None = 1) -> Attempt:
    return ended(Phase.FAILED, reason, message, exit_code)


def succeeded(exit_code: int = 0) -> Attempt:
    ending = Ending(Phase.SUCCEEDED, exit_code=exit_code, result=a_result(), log_stored=True)
    return replace(RUNS, stage=Stage.ENDED, finished_at=FINISHED, ending=ending)


def released(attempt: Attempt, *, free: bool) -> Attempt:
    assert attempt.ending
    return replace(attempt, ending=replace(attempt.ending, released=free))


def being_deleted(attempt: Attempt) -> Attempt:
    """Its pod, not its Job."""
    return replace(attempt, gone_by=NOW)


@dataclass(frozen=True)
class Case:
    job: AJob | None
    pod: APod | None
    want: Attempt | None
    log_of: str | None = None
    """The container whose log is still to be stored."""


def check(case: Case) -> None:
    want = case.want
    if want and want.ending:
        want = replace(want, ending=replace(want.ending, log_of=case.log_of))

    assert observe(case.job, case.pod) == want
