"""Test data as sentences: `a_run().cancelled()`, `an_attempt().running()`; Jobs and Pods are in `manifests.py`.

Each builder is what it builds, and each method returns a changed copy.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from taskyard.api.callback import Callback, CallbackStatus, Delivery
from taskyard.api.reasons import Condition, Phase, Reason, WaitingReason
from taskyard.api.report import Report, ResultInfo
from taskyard.api.resource import Metadata
from taskyard.api.runner import InputSource, Ticket
from taskyard.api.taskrun import (
    AttemptRecord,
    Progress,
    StoredObject,
    TaskInput,
    TaskRun,
    TaskRunSpec,
    TaskRunStatus,
)
from taskyard.api.taskservice import Gpu, Queue, Resources, Task, TaskService, TaskServiceSpec
from taskyard_operator.core.attempt import Attempt, Ending, Stage, Waiting
from taskyard_operator.core.conditions import new_condition, released_condition, with_condition
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.status import archived_status

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
CREATED = NOW - timedelta(minutes=1)
"""When the run and its Job were created."""
STARTED = NOW - timedelta(seconds=30)
FINISHED = NOW - timedelta(seconds=10)

RUN_UID = "0c9e4f1a-run"
OTHER_UID = "ffffffff-namesake"
SHA256 = "ab" * 32
CALLBACK_URL = "https://hooks.example/done"


class ARun(TaskRun):
    """A TaskRun."""

    def named(self, name: str) -> Self:
        return self._meta(name=name)

    def in_namespace(self, namespace: str) -> Self:
        return self._meta(namespace=namespace)

    def with_uid(self, uid: str) -> Self:
        return self._meta(uid=uid)

    def version(self, number: int) -> Self:
        return self._meta(resource_version=str(number))

    def made(self, when: datetime | None) -> Self:
        return self._meta(creation_timestamp=when)

    def being_deleted(self) -> Self:
        return self._meta(deletion_timestamp=NOW)

    def calling(self, task: str, *, of: str = "summarizer") -> Self:
        return self._spec(task=task, service=of)

    def being_cancelled(self) -> Self:
        """Somebody asked for its end, and its status says so already."""
        kind = Condition.CANCEL_REQUESTED
        told = new_condition(self, NOW, kind, "True", "ToldToStop", "It is told to stop.")
        return self.cancelled().saying(with_condition(self.status, told))

    def perhaps_holding_something(self) -> Self:
        """Ended, and a container of it might still have run then."""
        unknown = released_condition(self, FINISHED, released=False)
        return self.saying(with_condition(self.status, unknown))

    def with_inline(self, **arguments: Any) -> Self:
        return self._spec(input=TaskInput(inline=arguments))

    def with_object(self, key: str) -> Self:
        stored = StoredObject(key=key, size=5, sha256=SHA256, content_type="text/plain")
        return self._spec(input=TaskInput(object=stored))

    def cancelled(self) -> Self:
        return self._spec(cancel=True)

    def saying(self, status: TaskRunStatus) -> Self:
        return self.model_copy(update={"status": status})

    def in_phase(self, phase: Phase, **fields: Any) -> Self:
        return self.saying(TaskRunStatus(phase=phase, **fields))

    def with_callback(self, *states: Phase) -> Self:
        """Asking for a callback: for these states, or for its end."""
        return self._spec(callback=Callback(url=CALLBACK_URL, states=list(states) or None))

    def owing(self, *deliveries: Delivery) -> Self:
        """Its status tells of these deliveries to its callback."""
        told = CallbackStatus(url=CALLBACK_URL, deliveries=list(deliveries))
        return self.saying(self.status.model_copy(update={"callback": told}))

    def archived(self) -> Self:
        """Its record is stored."""
        return self.saying(archived_status(self, self.status, NOW + timedelta(days=7)))

    def having_run(self, number: int = 1) -> Self:
        """Its status tells of the pod of an attempt that ran."""
        return self._recording(number, pod="call-7-1-x2v4q", node="node-1", started_at=STARTED)

    def saying_of(self, attempt: Attempt) -> Self:
        """Its status is what the controller says of this attempt."""
        plan = reconcile(self, a_service(), [attempt], NOW)
        assert plan.status
        return self.saying(plan.status)

    def condemned(self, reason: str, *, told: bool = True) -> Self:
        """Its first attempt is being ended for a reason, which the run tells, too."""
        why = "It took too long."
        run = self._recording(1, reason=reason, message=why)
        fields = {"phase": Phase.RUNNING} | ({"reason": reason, "message": why} if told else {})
        return run.saying(run.status.model_copy(update=fields))

    def _recording(self, number: int, **fields: Any) -> Self:
        known: dict[str, Any] = {"job": f"{self.metadata.name}-{number}", "admitted_at": CREATED}
        record = AttemptRecord(number=number, **known | fields)
        status = {"attempt": number, "attempts": [record]}
        return self.saying(self.status.model_copy(update=status))

    def with_attempt_in_status(self) -> Self:
        return self.in_phase(Phase.RUNNING, attempt=1)

    def _meta(self, **fields: Any) -> Self:
        return self.model_copy(update={"metadata": self.metadata.model_copy(update=fields)})

    def _spec(self, **fields: Any) -> Self:
        return self.model_copy(update={"spec": self.spec.model_copy(update=fields)})


def a_delivery(phase: Phase = Phase.SUCCEEDED, **fields: Any) -> Delivery:
    """A phase that is owed from now on, for a day."""
    until = NOW + timedelta(days=1)
    return Delivery(phase=phase, since=NOW, until=until, **({"next_attempt_at": NOW} | fields))


def a_run() -> ARun:
    """A run that nobody has looked at yet."""
    metadata = Metadata(
        name="call-7",
        namespace="team",
        uid=RUN_UID,
        resource_version="100",
        generation=1,
        creation_timestamp=CREATED,
    )
    spec = TaskRunSpec(
        service="summarizer", task="summarize", input=TaskInput(inline={"text": "long"})
    )
    return ARun(metadata=metadata, spec=spec)


class AService(TaskService):
    """A TaskService."""

    def named(self, name: str) -> Self:
        return self.model_copy(update={"metadata": self.metadata.model_copy(update={"name": name})})

    def with_tasks(self, *names: str) -> Self:
        return self.having(tasks=[Task(name=name) for name in names])

    def with_gpus(self, count: int, kind: str | None = None) -> Self:
        return self.having(gpu=Gpu(count=count, type=kind))

    def in_queue(self, **fields: Any) -> Self:
        return self.having(queue=Queue(**fields))

    def with_resources(self, **fields: dict[str, str]) -> Self:
        return self.having(resources=Resources(**fields))

    def with_pod_template(self, template: dict[str, Any]) -> Self:
        return self.having(pod_template=template)

    def having(self, **fields: Any) -> Self:
        return self.model_copy(update={"spec": self.spec.model_copy(update=fields)})


def a_service() -> AService:
    """A service with the task that `a_run` calls."""
    metadata = Metadata(name="summarizer", namespace="team", uid="a-service", generation=3)
    spec = TaskServiceSpec(
        image="registry.example/summarizer:1",
        entrypoint="service:Summarizer",
        tasks=[Task(name="summarize")],
    )
    return AService(metadata=metadata, spec=spec)


@dataclass(frozen=True, slots=True)
class AnAttempt(Attempt):
    """An attempt as observed."""

    def of_run(self, uid: str) -> Self:
        return replace(self, owner=uid)

    def numbered(self, number: int) -> Self:
        return replace(self, number=number, job=f"call-7-{number}")

    def made(self, when: datetime | None) -> Self:
        return replace(self, created_at=when, admitted_at=when)

    def suspended(self) -> Self:
        """A queue of the cluster holds its Job."""
        waiting = Waiting(WaitingReason.SUSPENDED, "The Job is suspended.")
        return replace(self, admitted_at=None, waiting=waiting)

    def stopped(self) -> Self:
        return replace(self, stopping=True)

    def waiting_for(
        self,
        reason: WaitingReason,
        message: str,
        patience: timedelta | None = None,
        quiet: timedelta | None = None,
    ) -> Self:
        return replace(self, waiting=Waiting(reason, message, patience, quiet=quiet))

    def on_pod(self, pod: str = "call-7-1-x2v4q", node: str = "node-1") -> Self:
        return replace(self, pod=pod, node=node)

    def placed(self, when: datetime) -> Self:
        """Taken by a node."""
        return replace(self, placed_at=when)

    def to_be_gone(self, when: datetime) -> Self:
        """Its pod is being deleted, and must be gone by then unless its node is dead."""
        return replace(self, gone_by=when)

    def running(self) -> Self:
        return replace(self.on_pod(), stage=Stage.RUNNING, started_at=STARTED)

    def ended(self, ending: Ending) -> Self:
        return replace(self.running(), stage=Stage.ENDED, finished_at=FINISHED, ending=ending)

    def saying(self, fraction: float, message: str | None = None) -> Self:
        """It has told its progress."""
        return replace(self, progress=Progress(fraction=fraction, message=message))

    def succeeded(self) -> Self:
        return self.ended(Ending(Phase.SUCCEEDED, exit_code=0, result=a_result(), proved=True))

    def reporting_success(self, **fields: Any) -> Self:
        """Its runner says so, and nobody has asked the store yet."""
        return self.ended(Ending(Phase.SUCCEEDED, exit_code=0, result=a_result(**fields)))

    def failed(self, reason: Reason = Reason.TASK_ERROR, message: str = "ValueError: no") -> Self:
        return self.ended(Ending(Phase.FAILED, reason, message, exit_code=1))

    def told_to_stop(self) -> Self:
        return self.ended(Ending(Phase.CANCELLED, Reason.CANCELLED, "SIGTERM came", exit_code=143))

    def ended_without_pod(self) -> Self:
        lost = Ending(Phase.FAILED, Reason.DISRUPTED, "The pod was gone.")
        return replace(self, stage=Stage.ENDED, pod=None, ending=lost)


def an_attempt() -> AnAttempt:
    """The first attempt of `a_run`: its Job exists, and nothing else."""
    return AnAttempt(1, RUN_UID, "call-7-1", Stage.WAITING, created_at=CREATED, admitted_at=CREATED)


def a_result(**fields: Any) -> ResultInfo:
    return replace(ResultInfo(size=12, sha256=SHA256, content_type="application/json"), **fields)


def a_success(**fields: Any) -> Report:
    """The report of a task that returned."""
    return Report("Succeeded", result=a_result(**fields), log_stored=True)


def a_failure(reason: str, message: str = "it did not work") -> Report:
    return Report("Failed", reason=reason, message=message)


def a_cancellation() -> Report:
    """The report of a task that was told to stop, and did."""
    return Report("Cancelled", reason="Cancelled", message="SIGTERM came")


def a_ticket(**fields: Any) -> Ticket:
    ticket = Ticket(
        namespace="team",
        run="call-7",
        attempt=1,
        entrypoint="service:Summarizer",
        task="summarize",
        input=InputSource(inline={"text": "long"}),
        result_url="https://store.example/result",
        log_url="https://store.example/log",
        progress_url="https://store.example/progress",
        outputs_url="https://store.example/outputs",
    )
    return replace(ticket, **fields)
