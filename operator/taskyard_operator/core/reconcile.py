"""The one decision of the controller: what has to be done for a run, given all that is known of it.

`reconcile` is level-triggered: it looks at the whole, and may be asked any number of times, in any
order, on stale data. Its steps are tried in order, and the first that has an answer gives it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.admission import Turn
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.callbacks import open_delivery
from taskyard_operator.core.conditions import cancel_is_requested, may_hold_resources
from taskyard_operator.core.deadlines import clocks
from taskyard_operator.core.endings import (
    close,
    close_lost,
    final_ending,
    lost_ending,
    to_clear_away,
)
from taskyard_operator.core.input_check import fault_of_input
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan, StartAttempt, StopAttempt
from taskyard_operator.core.policy import policy_of
from taskyard_operator.core.retention import Retention, delete_at
from taskyard_operator.core.retry import may_retry, retry_at
from taskyard_operator.core.status import (
    attempt_status,
    cancelling_status,
    condemned_status,
    released_status,
    unstarted_status,
    waiting_status,
)
from taskyard_operator.core.view import View, view_of

QUIET_START = timedelta(seconds=4)
"""An attempt that runs within this time is never reported as Starting: it saves a write per task."""

QUIET_TROUBLE = timedelta(seconds=2)
"""The same for one that waits for more than its container: only what lasts is worth telling."""

NODE_PATIENCE = timedelta(seconds=60)
"""A pod that is still there so long after its grace period was over is on a node that is dead."""


def reconcile(
    run: TaskRun,
    service: TaskService | None,
    attempts: Sequence[Attempt],
    now: datetime,
    *,
    live: bool = False,
    retention: Retention = Retention(),  # noqa: B008 - it is frozen
    turn: Turn | None = None,
) -> Plan:
    """What to do for `run` now.

    Args:
        run: the run, with the status it has.
        service: the TaskService it names, or None where there is none.
        attempts: all attempts observed, in any order; those of another run of this name are ignored.
        now: the time, in UTC.
        live: whether `attempts` was read from the source just now; see `Plan.confirm`.
        retention: how long runs and their data are kept where the service does not say.
        turn: the run's place in line, where it may not start yet because too many others have.
    """
    policy = policy_of(run, service)
    view = view_of(run, service, attempts, policy, now, live=live, retention=retention, turn=turn)
    plans = (step(view) for step in _STEPS)
    plan = next((plan for plan in plans if plan is not None), Plan())
    return _without_idle_write(run, _with_next_look(view, plan))


def _deleted(view: View) -> Plan | None:
    """A run that is being deleted is left alone; owner references clean up after it."""
    return Plan() if view.run.metadata.deletion_timestamp else None


def _freed(view: View) -> Plan | None:
    """A run ended while a container of it might still run; nothing of it is left now, and that is said."""
    status = view.run.status
    if not status.terminal or view.left or not may_hold_resources(status):
        return None
    return _write(released_status(view)) if view.live else Plan(confirm=True)


def _finished(view: View) -> Plan | None:
    """A run that has ended is kept until it is archived, its time is over and its callback knows.

    What lives on all the same (a second container of a pod, or an attempt that a second leader started
    as this one wrote the end) is stopped, so that no GPU is held for a run that nobody waits for.
    """
    if not view.run.status.terminal:
        return None
    stop = tuple(StopAttempt(left.number) for left in view.left if not left.stopping)
    due = delete_at(view.run, view.retention)
    if due is None:
        return Plan((*stop, ArchiveRun()))
    if view.now < due:
        return Plan(stop, look_again_at=due)
    if open_delivery(view.run):
        return Plan(stop)  # It is delivered or given up by a write, which brings the next look.
    return Plan((*stop, DeleteRun()))


def _ended(view: View) -> Plan | None:
    """The attempt has ended: the run ends with it, or another attempt follows."""
    if view.closed or view.attempt is None or view.attempt.ending is None:
        return None
    if view.attempt.pod is None and not view.live:
        return Plan(confirm=True)  # The Job's watch may only be ahead of the pods'.
    if view.attempt.ending.to_prove:
        return Plan(prove=view.attempt)
    return close(view, final_ending(view, view.attempt.ending))


def _unreachable(view: View) -> Plan | None:
    """The pod should have been gone for long: its node is dead, and nothing of it will ever be heard."""
    attempt, due = view.attempt, _given_up_at(view)
    if attempt is None or due is None or view.now < due:
        return None
    if not view.live:
        return Plan(confirm=True)
    why = f"The pod did not end in its grace period: node {attempt.node} does not answer."
    lost = Ending(Phase.FAILED, Reason.DISRUPTED, why, released=False)
    return close(view, final_ending(view, lost))


def _given_up_at(view: View) -> datetime | None:
    if not view.lives or view.attempt is None or view.attempt.gone_by is None:
        return None
    return view.attempt.gone_by + NODE_PATIENCE


def _cancelled(view: View) -> Plan | None:
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
    return _write(unstarted_status(view, Phase.CANCELLED, Reason.CANCELLED, why))


def _outlived(view: View) -> Plan | None:
    """An attempt before the current one runs all the same: somebody started it again on old news.

    Of a run that is being cancelled it is stopped last, when the run has ended: see `_finished`.
    """
    stop = [left.number for left in view.left if left.number != view.number and not left.stopping]
    return Plan(tuple(map(StopAttempt, stop))) if stop else None


def _lost(view: View) -> Plan | None:
    """The status tells of an attempt that has not ended, and none exists: its Job was deleted."""
    if view.attempt is not None or not view.number or view.closed:
        return None
    return close_lost(view, lost_ending(view)) if view.live else Plan(confirm=True)


def _impossible(view: View) -> Plan | None:
    """An input that no task may have: said before anything is started."""
    why = fault_of_input(view.run) if not view.number else None
    if why is None:
        return None
    return _write(unstarted_status(view, Phase.FAILED, Reason.INVALID_INPUT, why))


def _condemned(view: View) -> Plan | None:
    """An attempt that is being ended for a reason: see to it that it is."""
    return _stop(view) if view.verdict and view.lives else None


def _robbed(view: View) -> Plan | None:
    """The attempt ran, and its Job has no pod any more: it was deleted by force, or its node was.

    The verdict makes sure that the Job makes no second pod of it.
    """
    attempt, record = view.attempt, view.record
    if attempt is None or not view.lives or attempt.pod or attempt.admitted_at is None:
        return None
    if record is None or record.pod is None:
        return None
    if not view.live:
        return Plan(confirm=True)
    why = f"The pod {record.pod} was deleted before its end could be read."
    status = condemned_status(view, attempt, Reason.DISRUPTED, why)
    return Plan(status=status, look_again_at=view.now)


def _too_late(view: View) -> Plan | None:
    """A clock has run out. The verdict is written first and carried out by `_condemned`."""
    over = [clock for clock in clocks(view) if clock.at <= view.now]
    if not over:
        return None
    first = min(over, key=lambda clock: clock.at)
    if view.lives and view.attempt:
        status = condemned_status(view, view.attempt, first.reason, first.message)
        return Plan(status=status, look_again_at=view.now)
    if not view.live:
        return Plan(confirm=True)
    return _write(unstarted_status(view, Phase.FAILED, first.reason, first.message))


def _left_over(view: View) -> Plan | None:
    """The attempt has ended, and the status says so: now nothing of it needs to be kept."""
    record = view.record
    if record is None or not view.closed or not to_clear_away(view, record.reason):
        return None
    return _stop(view)


def _not_callable(view: View) -> Plan | None:
    """No such service or task: wait for it, and say so."""
    if view.lives:
        return None
    name, task = view.run.spec.service, view.run.spec.task
    if view.service is None:
        why = f"There is no TaskService {name} in namespace {view.run.metadata.namespace}."
        return _write(waiting_status(view.run, view.now, Reason.SERVICE_NOT_FOUND, why))
    if view.service.spec.task(task) is None:
        known = ", ".join(known.name for known in view.service.spec.tasks)
        why = f"TaskService {name} has no task {task}; it has: {known}."
        return _write(waiting_status(view.run, view.now, Reason.SERVICE_INVALID, why))
    return None


def _exhausted(view: View) -> Plan | None:
    """Between two attempts: the budgets may be smaller than they were when the last one ended.

    The service was changed meanwhile, or was not there then, so that only the defaults could be asked.
    By the budgets as they were somebody may have started the next attempt already.
    """
    if not view.closed or may_retry(view.policy.retries, view.ended):
        return None
    if not view.live:
        return Plan(confirm=True)
    last = view.ended[-1]
    reason, message = Reason(last.reason or Reason.DISRUPTED), last.message or ""
    return _write(unstarted_status(view, Phase.FAILED, reason, message))


def _backing_off(view: View) -> Plan | None:
    """Between two attempts: wait until the next one is due."""
    if not view.closed:
        return None
    due = retry_at(view.policy.retries, view.ended, view.run.metadata.uid)
    return Plan(look_again_at=due) if due and view.now < due else None


def _suspended(view: View) -> Plan | None:
    """The service starts nothing for the time being; what runs goes on."""
    if view.lives or view.service is None or not view.service.spec.suspend:
        return None
    name = view.service.metadata.name
    why = f"TaskService {name} is suspended; its runs start once spec.suspend is false."
    return _write(waiting_status(view.run, view.now, WaitingReason.SUSPENDED, why))


def _in_line(view: View) -> Plan | None:
    """As many others as may have an attempt have one."""
    if view.lives or view.turn is None:
        return None
    why = view.turn.message
    status = waiting_status(view.run, view.now, WaitingReason.CONCURRENCY_LIMIT, why)
    return Plan(status=status, look_again_at=view.turn.again_at, in_line=True)


def _start(view: View) -> Plan | None:
    """The first attempt at once: its name guards it. Any other only after a look at what is there now.

    For what is left of an attempt that was lost is cleared away, and its name is free again: on old
    news it would be made a second time.
    """
    if view.lives:
        return None
    number = view.number + 1
    return Plan((StartAttempt(number),), confirm=number > 1 and not view.live)


def _starting(view: View) -> Plan | None:
    attempt = view.attempt
    if attempt is None or attempt.stage is not Stage.WAITING:
        return None
    why = attempt.waiting.reason if attempt.waiting else WaitingReason.CONTAINER_CREATING
    quiet = QUIET_START if why is WaitingReason.CONTAINER_CREATING else QUIET_TROUBLE
    loud_from = (attempt.created_at or view.now) + quiet
    if view.now < loud_from:
        return Plan(look_again_at=loud_from)
    status = attempt_status(view, attempt, Phase.STARTING)
    # Which pod it is, on which node, is no news by itself: the next thing worth a write tells it.
    return Plan() if _says_the_same(status, view.run.status) else _write(status)


def _says_the_same(status: TaskRunStatus, said: TaskRunStatus) -> bool:
    return all(
        getattr(status, word) == getattr(said, word)
        for word in ("phase", "attempt", "reason", "message")
    )


def _running(view: View) -> Plan | None:
    attempt = view.attempt
    return _write(attempt_status(view, attempt, Phase.RUNNING)) if attempt else None


_STEPS: tuple[Callable[[View], Plan | None], ...] = (
    _deleted,
    _freed,
    _finished,
    _ended,
    _unreachable,
    _cancelled,
    _outlived,
    _lost,
    _impossible,
    _condemned,
    _robbed,
    _too_late,
    _left_over,
    _not_callable,
    _exhausted,
    _backing_off,
    _suspended,
    _in_line,
    _start,
    _starting,
    _running,
)


def _write(status: TaskRunStatus) -> Plan:
    return Plan(status=status)


def _stop(view: View) -> Plan:
    """Ask once for the end of the attempt; what comes of it will be seen."""
    if view.attempt is None or view.attempt.stopping:
        return Plan()
    return Plan((StopAttempt(view.attempt.number),))


def _with_next_look(view: View, plan: Plan) -> Plan:
    """Look again when the next clock runs out, if nothing happens before: so nothing polls."""
    status = plan.status or view.run.status
    if status.terminal or view.run.metadata.deletion_timestamp:
        return plan
    ahead = [clock.at for clock in clocks(view) if clock.at > view.now]
    ahead += [at for at in (plan.look_again_at, _given_up_at(view)) if at]
    return replace(plan, look_again_at=min(ahead, default=None))


def _without_idle_write(run: TaskRun, plan: Plan) -> Plan:
    """Drop a status that says what is already said: a write that changes nothing costs like any other."""
    if plan.status is None or plan.status.to_wire() != run.status.to_wire():
        return plan
    return replace(plan, status=None)
