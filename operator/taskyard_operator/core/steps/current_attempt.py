"""An attempt that was started: told of, ended for a reason, and closed when it has ended."""

from datetime import datetime, timedelta

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import TaskRunStatus
from taskyard_operator.core.attempt import Ending, Stage, Waiting
from taskyard_operator.core.conditions import cancel_is_requested
from taskyard_operator.core.deadlines import clocks
from taskyard_operator.core.endings import (
    close,
    close_lost,
    final_ending,
    lost_ending,
    to_clear_away,
)
from taskyard_operator.core.plan import Plan, StopAttempt
from taskyard_operator.core.status import (
    attempt_status,
    cancelling_status,
    condemned_status,
    unstarted_status,
)
from taskyard_operator.core.view import View

QUIET_START = timedelta(seconds=4)
"""An attempt that runs within this time is never reported as Starting: it saves a write per task."""

QUIET_TROUBLE = timedelta(seconds=2)
"""The same for one that waits for more than its container: only what lasts is worth telling."""

BUSY_START = timedelta(seconds=60)
"""So much longer one of which nothing was told yet may wait in line, while other runs wait for a look."""

QUIET_RUN = timedelta(seconds=2)
"""While others wait for a look, an attempt that has ended within this time is never reported as Running."""

NODE_PATIENCE = timedelta(seconds=60)
"""A pod that is still there so long after its grace period was over is on a node that is dead."""


def ended(view: View) -> Plan | None:
    """The attempt has ended: the run ends with it, or another attempt follows."""
    if view.closed or view.attempt is None or view.attempt.ending is None:
        return None
    if view.attempt.pod is None and not view.live:
        return Plan(confirm=True)  # The Job's watch may only be ahead of the pods'.
    if view.attempt.ending.to_prove:
        return Plan(prove=view.attempt)
    return close(view, final_ending(view, view.attempt.ending))


def unreachable(view: View) -> Plan | None:
    """The pod should have been gone for long: its node is dead, and nothing of it will ever be heard.

    One that no node has holds nothing, but somebody holds it.
    """
    attempt, due = view.attempt, given_up_at(view)
    if attempt is None or due is None or view.now < due:
        return None
    if not view.live:
        return Plan(confirm=True)
    why = f"The pod did not end in its grace period: node {attempt.node} does not answer."
    if attempt.node is None:
        why = (
            "The pod was told to go and is still there, though no node has it: "
            "its metadata.finalizers tell who keeps it."
        )
    given_up = Ending(Phase.FAILED, Reason.DISRUPTED, why, released=False)
    return close(view, final_ending(view, given_up))


def given_up_at(view: View) -> datetime | None:
    """When an attempt that was told to go counts as gone; None where none was."""
    if not view.lives or view.attempt is None or view.attempt.gone_by is None:
        return None
    return view.attempt.gone_by + NODE_PATIENCE


def cancelled(view: View) -> Plan | None:
    """Say that it was asked for, stop what runs, then say Cancelled.

    In this order, so that the first word is there as soon as the task is told, and the last one means
    that the GPU is free.
    """
    if not view.run.spec.cancel:
        return None
    if view.lives and view.attempt:
        if cancel_is_requested(view.run.status):
            return _stop(view)
        return Plan(status=cancelling_status(view, view.attempt), look_again_at=view.now)
    if not view.live:
        return Plan(confirm=True)
    why = Reason.CANCELLED.description
    if view.number and not view.closed:
        return close_lost(view, Ending(Phase.CANCELLED, Reason.CANCELLED, why))
    return Plan(status=unstarted_status(view, Phase.CANCELLED, Reason.CANCELLED, why))


def outlived(view: View) -> Plan | None:
    """An attempt before the current one runs all the same: somebody started it again on old news.

    Of a run that is being cancelled it is stopped last, when the run has ended: see `end_of_run.finished`.
    """
    stop = [left.number for left in view.left if left.number != view.number and not left.stopping]
    return Plan(tuple(map(StopAttempt, stop))) if stop else None


def lost(view: View) -> Plan | None:
    """The status tells of an attempt that has not ended, and none exists: its Job was deleted."""
    if view.attempt is not None or not view.number or view.closed:
        return None
    return close_lost(view, lost_ending(view)) if view.live else Plan(confirm=True)


def condemned(view: View) -> Plan | None:
    """An attempt that is being ended for a reason: see to it that it is."""
    return _stop(view) if view.verdict and view.lives else None


def robbed(view: View) -> Plan | None:
    """The attempt had a pod, and its Job has none any more: it was deleted by force, or its node was.

    The verdict makes sure that the Job makes no second pod of it. One that a queue of the cluster takes
    back by suspending its Job is lost as well if it ran; if not, it waits in that queue again.
    """
    attempt, record = view.attempt, view.record
    if attempt is None or not view.lives or attempt.pod or record is None or record.pod is None:
        return None
    if attempt.admitted_at is None and view.run.status.phase != Phase.RUNNING:
        return None
    if not view.live:
        return Plan(confirm=True)
    why = f"The pod {record.pod} was deleted before its end could be read."
    status = condemned_status(view, attempt, Reason.DISRUPTED, why)
    return Plan(status=status, look_again_at=view.now)


def too_late(view: View) -> Plan | None:
    """A clock has run out. The verdict is written first and carried out by `condemned`."""
    over = [clock for clock in clocks(view) if clock.at <= view.now]
    if not over:
        return None
    first = min(over, key=lambda clock: clock.at)
    if view.lives and view.attempt:
        status = condemned_status(view, view.attempt, first.reason, first.message)
        return Plan(status=status, look_again_at=view.now)
    if not view.live:
        return Plan(confirm=True)
    return Plan(status=unstarted_status(view, Phase.FAILED, first.reason, first.message))


def left_over(view: View) -> Plan | None:
    """The attempt has ended, and the status says so: now nothing of it needs to be kept."""
    record = view.record
    if record is None or not view.closed or not to_clear_away(view, record.reason):
        return None
    return _stop(view)


def starting(view: View) -> Plan | None:
    """No container runs yet: say so, and what it waits for, once that has lasted."""
    attempt = view.attempt
    if attempt is None or attempt.stage is not Stage.WAITING:
        return None
    since = attempt.created_at if attempt.pod else attempt.admitted_at or attempt.created_at
    quiet = _quiet(attempt.waiting)
    loud_from = (since or view.now) + quiet
    if view.now < loud_from:
        return Plan(look_again_at=loud_from)
    held_back = view.busy and view.record is None and _is_in_line(attempt.waiting)
    if held_back and view.now < loud_from + BUSY_START:
        return Plan(look_again_at=view.now + quiet)
    status = attempt_status(view, attempt, Phase.STARTING)
    # Which pod it is, on which node, is no news by itself: the next thing worth a write tells it.
    return Plan() if _says_the_same(status, view.run.status) else Plan(status=status)


def _quiet(waiting: Waiting | None) -> timedelta:
    if waiting and waiting.quiet is not None:
        return waiting.quiet
    why = waiting.reason if waiting else WaitingReason.CONTAINER_CREATING
    return QUIET_START if why is WaitingReason.CONTAINER_CREATING else QUIET_TROUBLE


def _is_in_line(waiting: Waiting | None) -> bool:
    """Whether the cluster has not come to it yet; of anything else it may be that something is wrong."""
    return waiting is None or waiting.quiet is not None


def _says_the_same(status: TaskRunStatus, said: TaskRunStatus) -> bool:
    return all(
        getattr(status, word) == getattr(said, word)
        for word in ("phase", "attempt", "reason", "message")
    )


def running(view: View) -> Plan | None:
    """A container runs: say so, at once unless there is more urgent work and it may be over in a moment."""
    attempt = view.attempt
    # A node whose clock is ahead of ours must not keep us silent.
    if attempt and view.busy and attempt.started_at and attempt.started_at <= view.now:
        loud_from = attempt.started_at + QUIET_RUN
        if view.now < loud_from and not _may_be_taken_back(view):
            return Plan(look_again_at=loud_from)
    return Plan(status=attempt_status(view, attempt, Phase.RUNNING)) if attempt else None


def _may_be_taken_back(view: View) -> bool:
    """Whether a queue of the cluster may suspend the Job: that it ran is known then from the status only."""
    queue = view.service.spec.queue if view.service else None
    return queue is not None and queue.local_queue is not None


def _stop(view: View) -> Plan:
    """Ask once for the end of the attempt; what comes of it will be seen."""
    if view.attempt is None or view.attempt.stopping:
        return Plan()
    return Plan((StopAttempt(view.attempt.number),))
