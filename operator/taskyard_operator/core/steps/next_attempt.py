"""No attempt is under way: whether one is started, and what it waits for."""

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard_operator.core.input_check import fault_of_input
from taskyard_operator.core.plan import Plan, StartAttempt
from taskyard_operator.core.retry import may_retry, retry_at
from taskyard_operator.core.status import unstarted_status, waiting_status
from taskyard_operator.core.view import View


def impossible(view: View) -> Plan | None:
    """An input that no task may have: said before anything is started."""
    why = fault_of_input(view.run) if not view.number else None
    if why is None:
        return None
    return Plan(status=unstarted_status(view, Phase.FAILED, Reason.INVALID_INPUT, why))


def not_callable(view: View) -> Plan | None:
    """No such service or task: wait for it, and say so."""
    if view.lives:
        return None
    name, task = view.run.spec.service, view.run.spec.task
    if view.service is None:
        why = f"There is no TaskService {name} in namespace {view.run.metadata.namespace}."
        return Plan(status=waiting_status(view.run, view.now, Reason.SERVICE_NOT_FOUND, why))
    if view.service.spec.task(task) is None:
        known = ", ".join(known.name for known in view.service.spec.tasks)
        why = f"TaskService {name} has no task {task}; it has: {known}."
        return Plan(status=waiting_status(view.run, view.now, Reason.SERVICE_INVALID, why))
    return None


def exhausted(view: View) -> Plan | None:
    """Between two attempts: the budgets may be smaller than they were when the last one ended.

    The service was changed meanwhile, or was not there then, so that only the defaults could be asked.
    By the budgets as they were somebody may have started the next attempt already.
    """
    if not view.closed or may_retry(view.policy.retries, view.ended):
        return None
    if not view.live:
        return Plan(confirm=True)
    last = view.ended[-1]
    reason, message = last.reason or Reason.DISRUPTED, last.message or ""
    return Plan(status=unstarted_status(view, Phase.FAILED, reason, message))


def backing_off(view: View) -> Plan | None:
    """Between two attempts: wait until the next one is due."""
    if not view.closed:
        return None
    due = retry_at(view.policy.retries, view.ended, view.run.metadata.uid)
    return Plan(look_again_at=due) if due and view.now < due else None


def suspended(view: View) -> Plan | None:
    """The service starts nothing for the time being; what runs goes on."""
    if view.lives or view.service is None or not view.service.spec.suspend:
        return None
    name = view.service.metadata.name
    why = f"TaskService {name} is suspended; its runs start once spec.suspend is false."
    return Plan(status=waiting_status(view.run, view.now, WaitingReason.SUSPENDED, why))


def in_line(view: View) -> Plan | None:
    """As many others as may have an attempt have one."""
    if view.lives or view.turn is None:
        return None
    why = view.turn.message
    status = waiting_status(view.run, view.now, WaitingReason.CONCURRENCY_LIMIT, why)
    return Plan(status=status, look_again_at=view.turn.again_at, in_line=True)


def start(view: View) -> Plan | None:
    """The first attempt at once: its name guards it. Any other only after a look at what is there now.

    For what is left of an attempt that was lost is cleared away, and its name is free again: on old
    news it would be made a second time.
    """
    if view.lives:
        return None
    number = view.number + 1
    return Plan((StartAttempt(number),), confirm=number > 1 and not view.live)
