"""The services that the gateway serves, kept for a moment so that a request costs no listing."""

import asyncio
import time

from taskyard.api.taskservice import Task, TaskService
from taskyard_operator.gateway.errors import Unknown
from taskyard_operator.ports import RunStore

FRESH_SECONDS = 2.0
"""How long a listing is believed."""
MISS_SECONDS = 0.5
"""Least time between two listings for a service that is not there: whoever made one finds it after it."""


class Catalog:
    """The services of one namespace, and which of them answers at the root."""

    def __init__(self, runs: RunStore, namespace: str, root_service: str | None) -> None:
        self._runs = runs
        self._namespace = namespace
        self._root_service = root_service
        self._services: dict[str, TaskService] = {}
        self._listed_at = float("-inf")
        self._listing = asyncio.Lock()

    async def _list_since(self, moment: float, *, apart: float = 0.0) -> None:
        """See to it that a listing began after `moment`, and `apart` seconds after the one before.

        One listing at a time: whoever waits for it meanwhile is mostly served by it as well.
        """
        async with self._listing:
            if self._listed_at > moment:
                return
            await asyncio.sleep(max(0.0, self._listed_at + apart - time.monotonic()))
            begun = time.monotonic()
            services = await self._runs.services(self._namespace)
            self._services = {service.metadata.name: service for service in services}
            self._listed_at = begun

    async def service(self, name: str | None) -> TaskService:
        """The service of that name, or for None the one at the root.

        Raises:
            Unknown: there is none; the message says which there are.
        """
        asked = time.monotonic()
        await self._list_since(asked - FRESH_SECONDS)
        found = self._find(name)
        if found is None:
            await self._list_since(asked, apart=MISS_SECONDS)
            found = self._find(name)
        if found is None:
            raise Unknown(self._why_not(name))
        return found

    async def services(self) -> list[TaskService]:
        """All services, sorted by name."""
        await self._list_since(time.monotonic() - FRESH_SECONDS)
        return self.known()

    def known(self) -> list[TaskService]:
        """The services as they were last listed, sorted by name."""
        return [service for _, service in sorted(self._services.items())]

    def _find(self, name: str | None) -> TaskService | None:
        wanted = name or self._root_service
        if wanted:
            return self._services.get(wanted)
        return next(iter(self._services.values())) if len(self._services) == 1 else None

    def _why_not(self, name: str | None) -> str:
        known = ", ".join(sorted(self._services)) or "none"
        wanted = name or self._root_service
        if wanted:
            return f"There is no service {wanted}; there are: {known}."
        return f"Say which service: /services/<name>/…; there are: {known}."


def task_at(service: TaskService, route: str) -> Task:
    """The task of a service that is served at `route`.

    Raises:
        Unknown: there is none; the message says which there are.
    """
    for task in service.spec.tasks:
        if task.path == f"/{route}":
            return task
    known = ", ".join(task.path for task in service.spec.tasks)
    name = service.metadata.name
    raise Unknown(f"Service {name} has no task at /{route}; it has: {known}.")


def task_named(service: TaskService, name: str) -> Task:
    """The task of a service that has that name.

    Raises:
        Unknown: there is none; the message says which there are.
    """
    for task in service.spec.tasks:
        if task.name == name:
            return task
    known = ", ".join(task.name for task in service.spec.tasks)
    raise Unknown(f"Service {service.metadata.name} has no task {name}; it has: {known}.")
