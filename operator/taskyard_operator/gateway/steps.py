"""What the routes do with runs, whichever API they are of: make one, repeat one, cancel it, wait for it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from fastapi import Request

from taskyard.api.names import (
    LABEL_IDEMPOTENCY,
    LABEL_SERVICE,
    LABEL_TASK,
    label_value,
    new_run_name,
)
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import TaskRun, TaskRunSpec
from taskyard.api.taskservice import Task, TaskService
from taskyard_operator.core.claim import digest_of
from taskyard_operator.core.document import own_labels
from taskyard_operator.gateway.creation import create_with_input
from taskyard_operator.gateway.errors import Expired, NotReady, Unknown
from taskyard_operator.gateway.fingerprint import Fingerprint
from taskyard_operator.gateway.once import Accepted, OncePerKey
from taskyard_operator.gateway.options import Options
from taskyard_operator.gateway.past import Past
from taskyard_operator.gateway.submission import Intake
from taskyard_operator.gateway.waiting import Waiting
from taskyard_operator.ports import Missing, ObjectStore, RunStore

NO_OPTIONS = Options()


class Steps:
    """The steps; each is safe to repeat but for making a run without a key."""

    def __init__(
        self,
        runs: RunStore,
        objects: ObjectStore,
        intake: Intake,
        past: Past,
        once: OncePerKey,
        waiting: Waiting,
    ) -> None:
        self._runs = runs
        self._objects = objects
        self._intake = intake
        self._past = past
        self._once = once
        self._waiting = waiting

    async def submit(
        self,
        request: Request,
        service: TaskService,
        task: Task,
        options: Options = NO_OPTIONS,
        key: str | None = None,
    ) -> Accepted:
        """A new run with the arguments that the request carries; with a key the one that has it.

        Raises:
            RequestError: they do not fit, or the key stands for another request.
            PortError: it was not created.
        """
        namespace, name = service.metadata.namespace, new_run_name(datetime.now(UTC))
        fingerprint = Fingerprint() if key else None
        source = await self._intake.take(request, task, namespace, name, fingerprint)
        spec = TaskRunSpec(
            service=service.metadata.name,
            task=task.name,
            input=source,
            priority=options.priority,
            deadlines=options.deadlines,
            callback=options.callback,
        )
        run = _run_of(namespace, name, spec, options.labels)
        if fingerprint is None or key is None:
            return Accepted(await create_with_input(self._runs, self._objects, run))
        fingerprint.add("options", options.told())
        return await self._once.create(_keyed(run, key), fingerprint.told(), request)

    async def retry(self, run: TaskRun, request: Request, key: str | None = None) -> Accepted:
        """A new run with what one that has ended was asked for.

        Raises:
            NotReady: it has not ended.
            Expired: its input is no longer kept.
            PortError: it was not created.
        """
        if not run.status.terminal:
            raise NotReady.of(run, "is not completed yet")
        await self._past.check_input(run, request)
        spec = run.spec.model_copy(update={"retry_of": run.metadata.name, "cancel": None})
        name = new_run_name(datetime.now(UTC))
        again = _run_of(run.metadata.namespace, name, spec, own_labels(run))
        if key is None:
            return Accepted(await create_with_input(self._runs, self._objects, again))
        return await self._once.create(
            _keyed(again, key), _retry_fingerprint(run.metadata.name), request
        )

    async def retry_found(
        self,
        task_id: str,
        find: Callable[[], Awaitable[TaskRun]],
        request: Request,
        key: str | None,
    ) -> Accepted:
        """`retry` of the run of that id, which `find` finds.

        What a request with the key has made is found again also where that run, or its input, is gone.
        """
        try:
            return await self.retry(await find(), request, key)
        except (Expired, Unknown):
            earlier = key and await self._once.earlier(key, _retry_fingerprint(task_id), request)
            if not earlier:
                raise
            return earlier

    async def cancel(self, run: TaskRun) -> TaskRun:
        """Ask for the end of a run, unless it has ended."""
        return run if run.status.terminal else await self._runs.request_cancel(run)

    async def ended(
        self, run: TaskRun, seconds: float, find: Callable[[], Awaitable[TaskRun]]
    ) -> TaskRun | None:
        """A run once it has ended; None where it has not within some seconds.

        `find` reads the record of one whose TaskRun goes meanwhile.
        """
        if run.status.terminal:
            return run
        try:
            return await self._waiting.ended(run.metadata.name, seconds)
        except Missing:
            return await find()


def _run_of(namespace: str, name: str, spec: TaskRunSpec, labels: Mapping[str, str]) -> TaskRun:
    ours = {LABEL_SERVICE: spec.service, LABEL_TASK: label_value(spec.task)}
    metadata = Metadata(name=name, namespace=namespace, labels={**labels, **ours})
    return TaskRun(metadata=metadata, spec=spec)


def _retry_fingerprint(task_id: str) -> str:
    """What requests for a retry of that run have in common."""
    fingerprint = Fingerprint()
    fingerprint.add("retry", task_id)
    return fingerprint.told()


def _keyed(run: TaskRun, key: str) -> TaskRun:
    """The run with what stands for its key among its labels, by which the key's claim is found."""
    digest = digest_of(run.spec.service, run.spec.task, key)
    labels = {**run.metadata.labels, LABEL_IDEMPOTENCY: digest}
    return run.model_copy(update={"metadata": run.metadata.model_copy(update={"labels": labels})})
