"""The conditions of a run's status: how one is made, put in its place, and read."""

from datetime import datetime

from taskyard.api.reasons import Condition
from taskyard.api.resource import StatusCondition
from taskyard.api.taskrun import TaskRun, TaskRunStatus


def new_condition(
    run: TaskRun, since: datetime, kind: Condition, status: str, reason: str, message: str
) -> StatusCondition:
    """A condition of `run` that holds since then."""
    return StatusCondition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=run.metadata.generation or None,
    )


def released_condition(run: TaskRun, since: datetime, *, released: bool) -> StatusCondition:
    """Whether a run that has ended holds nothing any more; False means that it cannot be known yet."""
    kind = Condition.RESOURCES_RELEASED
    if released:
        text = "No container of this run holds resources any more."
        return new_condition(run, since, kind, "True", "Ended", text)
    text = "A container of this run may still be running: it is being stopped, or its node is lost."
    return new_condition(run, since, kind, "Unknown", "MayRun", text)


def with_condition(status: TaskRunStatus, condition: StatusCondition) -> TaskRunStatus:
    """The status with this condition in the place of any other of its type."""
    others = [known for known in status.conditions if known.type != condition.type]
    return status.model_copy(update={"conditions": [*others, condition]})


def cancel_is_requested(status: TaskRunStatus) -> bool:
    """Whether the status says that the run is being cancelled."""
    return _has(status, Condition.CANCEL_REQUESTED, "True")


def may_hold_resources(status: TaskRunStatus) -> bool:
    """Whether the status leaves open if a container of the run still holds resources."""
    return _has(status, Condition.RESOURCES_RELEASED, "Unknown")


def holds_nothing(status: TaskRunStatus) -> bool:
    """Whether the status says that nothing of the run holds any CPU, memory or GPU any more."""
    return _has(status, Condition.RESOURCES_RELEASED, "True")


def _has(status: TaskRunStatus, kind: Condition, value: str) -> bool:
    return any((found.type, found.status) == (kind, value) for found in status.conditions)
