"""The one decision of the controller: what has to be done for a run, given all that is known of it.

`reconcile` is level-triggered: it looks at the whole, and may be asked any number of times, in any
order, on stale data. Its steps are tried in order, and the first that has an answer gives it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.admission import Turn
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.deadlines import clocks
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.policy import policy_of
from taskyard_operator.core.retention import Retention
from taskyard_operator.core.steps import current_attempt, end_of_run, next_attempt
from taskyard_operator.core.view import View, view_of


def reconcile(
    run: TaskRun,
    service: TaskService | None,
    attempts: Sequence[Attempt],
    now: datetime,
    *,
    live: bool = False,
    retention: Retention = Retention(),  # noqa: B008 - it is frozen
    turn: Turn | None = None,
    busy: bool = False,
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
        busy: whether other runs wait for a look.
    """
    policy = policy_of(run, service)
    view = view_of(
        run, service, attempts, policy, now, live=live, retention=retention, turn=turn, busy=busy
    )
    plans = (step(view) for step in _STEPS)
    plan = next((plan for plan in plans if plan is not None), Plan())
    return _without_idle_write(run, _with_next_look(view, plan))


_STEPS: tuple[Callable[[View], Plan | None], ...] = (
    end_of_run.deleted,
    end_of_run.freed,
    end_of_run.finished,
    current_attempt.ended,
    current_attempt.unreachable,
    current_attempt.cancelled,
    current_attempt.outlived,
    current_attempt.lost,
    next_attempt.impossible,
    current_attempt.condemned,
    current_attempt.robbed,
    current_attempt.too_late,
    current_attempt.left_over,
    next_attempt.not_callable,
    next_attempt.exhausted,
    next_attempt.backing_off,
    next_attempt.suspended,
    next_attempt.in_line,
    next_attempt.start,
    current_attempt.starting,
    current_attempt.running,
)


def _with_next_look(view: View, plan: Plan) -> Plan:
    """Look again when the next clock runs out, if nothing happens before: so nothing polls."""
    status = plan.status or view.run.status
    if status.terminal or view.run.metadata.deletion_timestamp:
        return plan
    ahead = [clock.at for clock in clocks(view) if clock.at > view.now]
    ahead += [at for at in (plan.look_again_at, current_attempt.given_up_at(view)) if at]
    return replace(plan, look_again_at=min(ahead, default=None))


def _without_idle_write(run: TaskRun, plan: Plan) -> Plan:
    """Drop a status that says what is already said: a write that changes nothing costs like any other."""
    if plan.status is None or not _same_once_written(plan.status, run.status):
        return plan
    return replace(plan, status=None)


def _same_once_written(status: TaskRunStatus, said: TaskRunStatus) -> bool:
    """Whether both are the same as JSON; where they are the same before that, it is far cheaper to see."""
    return status == said or status.to_wire() == said.to_wire()
