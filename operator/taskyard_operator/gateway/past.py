"""Runs whose TaskRun is gone: answered from their record, until that has expired too."""

from collections.abc import Iterable
from datetime import UTC, datetime

from fastapi import Request

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.keys import record_key
from taskyard_operator.core.record import MAX_RECORD_BYTES, Record
from taskyard_operator.core.retention import Retention, may_have_expired, retention_of
from taskyard_operator.gateway.errors import Expired, RequestError, Unknown
from taskyard_operator.gateway.words import is_bentoml
from taskyard_operator.ports import Missing, ObjectStore


class Past:
    """What is left of runs in the object store.

    Args:
        objects: where the records are.
        defaults: how long they are kept where a service says nothing.
    """

    def __init__(self, objects: ObjectStore, defaults: Retention) -> None:
        self._objects = objects
        self._defaults = defaults

    async def run(self, service: TaskService, name: str, request: Request) -> TaskRun:
        """The run of a service, as it ended.

        Raises:
            Unknown: there never was such a run.
            Expired: there is nothing left of it.
        """
        run = await self.recorded(service.metadata.namespace, name, request)
        if run is None:
            raise self.nothing_left(name, [service], request)
        return run

    async def recorded(self, namespace: str, name: str, request: Request) -> TaskRun | None:
        """The run that the record of that name tells of; None where there is no record.

        Raises:
            Expired: there is one, and its time is over.
        """
        record = await self._record(namespace, name)
        if record is None:
            return None
        if record.expires_at <= datetime.now(UTC):  # and not deleted yet
            raise expired(name, request)
        return record.run

    async def kept(self, namespace: str, name: str) -> TaskRun | None:
        """The run that the record of that name tells of; None where there is none, or its time is over."""
        record = await self._record(namespace, name)
        return record.run if record and record.expires_at > datetime.now(UTC) else None

    async def _record(self, namespace: str, name: str) -> Record | None:
        try:
            text = await self._objects.get_small(record_key(namespace, name), MAX_RECORD_BYTES)
            return Record.from_json(text)
        except (Missing, ValueError):
            return None

    def nothing_left(
        self, name: str, services: Iterable[TaskService], request: Request
    ) -> RequestError:
        """The error for a name of which nothing is left, if it was one of these services'."""
        kept = [self._defaults, *(retention_of(service, self._defaults) for service in services)]
        longest = max(kept, key=lambda retention: retention.longest)
        if may_have_expired(name, longest, datetime.now(UTC)):
            return expired(name, request)
        return Unknown("task_id not found", task_id=name)

    async def check_input(self, run: TaskRun, request: Request) -> None:
        """Make sure that a run can be retried with the input it had.

        Raises:
            Expired: the input is no longer kept.
        """
        stored = run.spec.input.object
        if stored is None or not stored.size:
            return
        # Once its time is over it may be deleted from under the retry, also where the TaskRun stays longer.
        await self.recorded(run.metadata.namespace, run.metadata.name, request)
        try:
            await self._objects.get_small(stored.key, 1)
        except Missing:
            raise expired(run.metadata.name, request) from None


def expired(name: str, request: Request) -> RequestError:
    """The error for what is no longer kept; BentoML's clients know it as 404 only."""
    kind = Unknown if is_bentoml(request.headers.get("user-agent", "")) else Expired
    return kind(f"task {name} has expired: what it left is no longer kept", task_id=name)
