"""Labels whose number is bounded, whatever the names are that people choose."""

from typing import NamedTuple

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService


class TaskLabels(NamedTuple):
    """Which task a run calls. What no TaskService names is empty: anybody may write anything there."""

    namespace: str
    service: str
    task: str


OTHER = TaskLabels("other", "other", "other")
"""All that came after the bound was reached."""


class LabelSets:
    """The first `most` tasks by name, and all others as one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[TaskLabels] = set()

    def of(self, run: TaskRun, service: TaskService | None) -> TaskLabels:
        """The labels of a run of this service, which is None where there is none."""
        tasks = [task.name for task in service.spec.tasks] if service else []
        labels = TaskLabels(
            run.metadata.namespace,
            run.spec.service if service else "",
            run.spec.task if run.spec.task in tasks else "",
        )
        if labels not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(labels)
        return labels
