"""A run that has ended, or is being deleted: what is left of it goes when its time is over."""

from taskyard_operator.core.callbacks import open_delivery
from taskyard_operator.core.conditions import may_hold_resources
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, Plan, StopAttempt
from taskyard_operator.core.retention import delete_at
from taskyard_operator.core.status import released_status
from taskyard_operator.core.view import View


def deleted(view: View) -> Plan | None:
    """A run that is being deleted is left alone; owner references clean up after it."""
    return Plan() if view.run.metadata.deletion_timestamp else None


def freed(view: View) -> Plan | None:
    """A run ended while a container of it might still run; nothing of it is left now, and that is said."""
    status = view.run.status
    if not status.terminal or view.left or not may_hold_resources(status):
        return None
    return Plan(status=released_status(view)) if view.live else Plan(confirm=True)


def finished(view: View) -> Plan | None:
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
