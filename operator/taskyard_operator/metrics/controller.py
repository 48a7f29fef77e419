"""What happens in the controller: how runs and attempts end, and how the engine's looks go."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.callbacks import callback_outcomes
from taskyard_operator.core.durations import durations
from taskyard_operator.metrics.labels import LabelSets
from taskyard_operator.metrics.requests import SECONDS
from taskyard_operator.ports import PortError

MINUTE, HOUR = 60, 3600
STAGE_SECONDS = (
    *(1, 2, 5, 10, 30),
    *(1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE),
    *(1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR),
)
"""Buckets for tasks of seconds to a day."""
_STAGES = {
    "taskyard_run_queue_seconds": (
        "From the creation of a run to an attempt that may start; of those that were not stopped"
    ),
    "taskyard_run_start_seconds": (
        "From there to its first container that runs; of those that were not stopped"
    ),
    "taskyard_run_seconds": (
        "From its first container that runs to its end, with all further attempts"
    ),
}
"""What `durations` tells of a run, in its order."""
_TASK = ["namespace", "service", "task"]


class ControllerMetrics:
    """An `Observer` of the engine.

    A run counts when this process has written its end, so it counts once: not when it is seen again,
    nor after a restart. One whose end was written and never confirmed is not counted.

    Args:
        registry: what is exposed.
        most_label_sets: the most tasks with series of their own.
    """

    def __init__(self, registry: CollectorRegistry, most_label_sets: int) -> None:
        self._labels = LabelSets(most_label_sets)
        self._runs = Counter(
            "taskyard_runs",
            "Runs that have ended; the reason of those that went well is Succeeded",
            [*_TASK, "phase", "reason"],
            registry=registry,
        )
        self._attempts = Counter(
            "taskyard_attempts",
            "Attempts that have ended; the reason of those that went well is Succeeded",
            [*_TASK, "reason"],
            registry=registry,
        )
        self._stages = [
            Histogram(name, text, _TASK, buckets=STAGE_SECONDS, registry=registry)
            for name, text in _STAGES.items()
        ]
        self._callbacks = Counter(
            "taskyard_callback_attempts",
            "Attempts to tell a callback of a run: Delivered, Failed and made again later, or GivenUp",
            ["outcome"],
            registry=registry,
        )
        self._looks = Histogram(
            "taskyard_reconcile_seconds",
            "How long one look at a run took",
            buckets=SECONDS,
            registry=registry,
        )
        self._errors = Counter(
            "taskyard_reconcile_errors",
            "Looks that failed and are made again, by kind of error; Fault is a bug of Taskyard",
            ["error"],
            registry=registry,
        )
        self.leader = Gauge(
            "taskyard_leader",
            "1 where this process works, 0 where it stands by",
            registry=registry,
        )

    def looked(self, seconds: float, error: Exception | None) -> None:
        """A look at a run has ended; see `Observer.looked`."""
        self._looks.observe(seconds)
        if error:
            kind = type(error).__name__ if isinstance(error, PortError) else "Fault"
            self._errors.labels(kind).inc()

    def went_on(
        self,
        before: TaskRun,
        after: TaskRun,
        service: TaskService | None,
    ) -> None:
        """A status was written; see `Observer.went_on`."""
        for outcome in callback_outcomes(before.status, after.status):
            self._callbacks.labels(outcome).inc()
        open_before = {
            record.number: record.finished_at is None for record in before.status.attempts
        }
        ended = [
            record
            for record in after.status.attempts
            if record.finished_at and open_before.get(record.number, True)
        ]
        ends = after.status.terminal and not before.status.terminal
        if not (ended or ends):
            return
        task = self._labels.of(after, service)
        for record in ended:
            self._attempts.labels(*task, record.reason or "Succeeded").inc()
        if ends:
            self._runs.labels(*task, after.phase, after.status.reason or after.phase).inc()
            for stage, seconds in zip(self._stages, durations(after), strict=True):
                if seconds is not None:
                    stage.labels(*task).observe(seconds)
