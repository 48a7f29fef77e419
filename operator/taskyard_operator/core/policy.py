"""What holds for one run: the deadlines and retries of its service, its task and itself, put together."""

from dataclasses import dataclass
from datetime import timedelta

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import Deadlines, Retries, TaskService

DEFAULT_DEADLINES = Deadlines(queue=7 * 24 * 3600, start=3600, run=24 * 3600)
"""What holds where nobody said anything, so that nothing waits or runs for ever."""

DEFAULT_CANCEL_GRACE = 30
"""Seconds that a cancelled task may clean up, where its service does not say."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one run.

    The first three times are the deadlines of its stages; `cancel_grace` is how long its task may clean up
    once it was told to stop.
    """

    queue: timedelta
    start: timedelta
    run: timedelta
    retries: Retries
    cancel_grace: timedelta


def policy_of(
    run: TaskRun, service: TaskService | None, defaults: Deadlines = DEFAULT_DEADLINES
) -> Policy:
    """The policy of `run`.

    Of the deadlines that service, task and run give for a stage the shortest counts. The task's
    retries replace the service's.
    """
    task = service.spec.task(run.spec.task) if service else None
    given = [
        run.spec.deadlines,
        task.deadlines if task else None,
        service.spec.deadlines if service else None,
    ]

    def shortest(stage: str) -> timedelta:
        seconds = [limit for one in given if one and (limit := getattr(one, stage)) is not None]
        return timedelta(seconds=min(seconds, default=getattr(defaults, stage) or 30 * 24 * 3600))

    retries = (task and task.retries) or (service and service.spec.retries) or Retries()
    grace = service.spec.cancel_grace if service else None
    return Policy(
        queue=shortest("queue"),
        start=shortest("start"),
        run=shortest("run"),
        retries=retries,
        cancel_grace=timedelta(seconds=DEFAULT_CANCEL_GRACE if grace is None else grace),
    )
