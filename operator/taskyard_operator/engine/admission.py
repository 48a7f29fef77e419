"""Admission: the lines of all namespaces, kept up to date with what the engine sees of runs."""

from collections.abc import Callable, Iterable
from datetime import datetime

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.admission import Line, Turn, open_attempt
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.ports import Key


class Admission:
    """Says which runs may start, and wakes those whose turn has come.

    Nothing of it is stored: a controller that starts finds who has a place in the attempts that exist,
    which it lists before it decides anything.

    Args:
        limit_per_namespace: the most runs of a namespace that have an attempt at once, or None.
        made_ready: so many more have one that waits, where attempts stand in line themselves.
        wake: puts a run's key on the work queue.
    """

    def __init__(
        self, limit_per_namespace: int | None, made_ready: int, wake: Callable[[Key], None]
    ) -> None:
        self._limit = limit_per_namespace
        self._made_ready = made_ready
        self._wake = wake
        self._lines: dict[str, Line] = {}

    def service_seen(self, service: TaskService) -> None:
        """A service, and with it its limit, was created or has changed."""
        queue = service.spec.queue
        line = self._line(service.metadata.namespace)
        line.set_limit(service.metadata.name, queue.max_concurrent if queue else None)

    def limits(self, run: TaskRun) -> bool:
        """Whether a run may have to wait at all."""
        return self._line(run.metadata.namespace).limits(run.spec.service)

    def ask(self, run: TaskRun, now: datetime) -> Turn | None:
        """Let a run start now if it is its turn, and return None; or else its place in line."""
        return self._line(run.metadata.namespace).ask(run, now)

    def starts(self, run: TaskRun) -> None:
        """A run would start if it could: it stands in line from now on."""
        self._line(run.metadata.namespace).enter(run)

    def starts_not(self, run: TaskRun, attempts: Iterable[Attempt]) -> None:
        """A run was looked at, and nothing is to be started: it has an attempt, or needs none now."""
        if open_attempt(run, tuple(attempts)):
            self._line(run.metadata.namespace).place(run)
        else:
            self.gone(Key.of(run))

    def gone(self, key: Key) -> None:
        """A run has ended, was deleted, or waits for something else than its turn."""
        line = self._line(key.namespace)
        if line.leave(key.name):
            for name in line.next():
                self._wake(Key(key.namespace, name))

    def _line(self, namespace: str) -> Line:
        return self._lines.setdefault(namespace, Line(namespace, self._limit, self._made_ready))
