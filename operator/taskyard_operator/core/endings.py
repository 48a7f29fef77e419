"""From the end of an attempt to what becomes of the run: its end, or another attempt."""

from dataclasses import replace

from taskyard.api.names import CONTAINER
from taskyard.api.reasons import Phase, Reason
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.attempt_record import closed_record
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.retry import may_retry, retry_at
from taskyard_operator.core.status import backing_off_status, ended_status
from taskyard_operator.core.view import View


def final_ending(view: View, seen: Ending) -> Ending:
    """How the attempt is said to have ended, given why it was asked to.

    A success that came first stands, whoever asked for what meanwhile.
    """
    if seen.phase is Phase.SUCCEEDED:
        return seen
    if view.run.spec.cancel:
        return replace(seen, phase=Phase.CANCELLED, reason=Reason.CANCELLED)
    if view.verdict:
        return _as_judged(view, seen)
    if seen.phase is Phase.CANCELLED:
        # The runner was told to stop, and not by us: somebody deleted the pod or the Job.
        why = "The attempt was ended from outside, and nobody had asked to cancel the run."
        return replace(seen, phase=Phase.FAILED, reason=Reason.DISRUPTED, message=why)
    return seen


def lost_ending(view: View) -> Ending:
    """The end of an attempt of which nothing is left: as judged, if it was, or else a disruption."""
    why = "The Job of the attempt was deleted before its end could be read."
    return _as_judged(view, Ending(Phase.FAILED, Reason.DISRUPTED, why))


def close_lost(view: View, ending: Ending) -> Plan:
    """Record the end of an attempt of which nothing is left, but perhaps the log that its runner stored.

    A pod that is told to stop may be gone as soon as its end was seen; then nobody has read its report.
    """
    record = view.record
    if record is None or record.started_at is None:
        return close(view, ending)
    lost = Attempt(
        number=record.number,
        owner=view.run.metadata.uid,
        job=record.job,
        stage=Stage.ENDED,
        pod=record.pod,
        node=record.node,
        started_at=record.started_at,
        ending=replace(ending, log_of=CONTAINER),
    )
    return Plan(prove=lost)


def _as_judged(view: View, seen: Ending) -> Ending:
    verdict = view.verdict
    if verdict is None or verdict.reason is None:
        return seen
    message = view.run.status.message or verdict.message or ""
    return replace(seen, phase=Phase.FAILED, reason=verdict.reason, message=message)


def to_clear_away(view: View, reason: str | None) -> bool:
    """Whether something is left to stop of the current attempt, which has ended for this reason.

    The Job of a lost one, if it was suspended, say, would run again one day; and a second container of
    the pod would run for ever after the task's has ended.
    """
    attempt = view.attempt
    if attempt is None or attempt.stopping:
        return False
    return reason == Reason.DISRUPTED or attempt.may_run


def close(view: View, ending: Ending) -> Plan:
    """Record the end of the current attempt, and end the run unless another attempt may follow.

    What is left of it is stopped once that is written: an attempt that is gone, and of which nothing
    tells, would be made again.
    """
    if ending.phase is Phase.FAILED and not view.run.spec.cancel:
        ended = [*view.ended, closed_record(view, ending)]
        due = retry_at(view.policy.retries, ended, view.run.metadata.uid)
        if due and may_retry(view.policy.retries, ended):
            status = backing_off_status(view, ending, due)
            again = view.now if to_clear_away(view, ending.reason) else due
            return Plan(status=status, look_again_at=again)
    return Plan(status=ended_status(view, ending))
