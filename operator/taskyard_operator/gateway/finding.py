"""Finding a run by its id, whether its TaskRun is there, or only its record, or not even that."""

import re
from collections.abc import Awaitable, Callable

from fastapi import Request

from taskyard.api.names import MAX_RUN_NAME
from taskyard.api.taskrun import TaskRun
from taskyard_operator.gateway.catalog import Catalog
from taskyard_operator.gateway.errors import Unknown, UnreadableRun
from taskyard_operator.gateway.past import Past
from taskyard_operator.ports import Missing, RunStore, Unavailable, Unreadable

_RUN_NAME = re.compile(rf"[a-z0-9]([-a-z0-9.]{{0,{MAX_RUN_NAME - 2}}}[a-z0-9])?")


def check_id(task_id: str) -> None:
    """Make sure that an id is one that a run may have: it becomes part of paths and keys.

    Raises:
        Unknown: it is not.
    """
    if not _RUN_NAME.fullmatch(task_id):
        raise Unknown("task_id not found")


class Finder:
    """Finds runs of one namespace by nothing but their id."""

    def __init__(self, runs: RunStore, past: Past, catalog: Catalog, namespace: str) -> None:
        self._runs = runs
        self._past = past
        self._catalog = catalog
        self._namespace = namespace

    async def run(self, task_id: str, request: Request) -> TaskRun:
        """The run of that id, read now; while the API server is away, one that has a record.

        Raises:
            Unknown: there never was such a run.
            Expired: there is nothing left of it.
            UnreadableRun: this version cannot read it.
            Unavailable: it cannot be told, since the API server is away.
        """
        return await self.or_recorded(
            task_id, request, lambda: self._runs.run(self._namespace, task_id)
        )

    async def or_recorded(
        self, task_id: str, request: Request, look: Callable[[], Awaitable[TaskRun]]
    ) -> TaskRun:
        """What `look` finds, which asks the API server for the run of that id; else its record."""
        check_id(task_id)
        try:
            return await look()
        except Unavailable:
            recorded = await self._past.recorded(self._namespace, task_id, request)
            if recorded is None:
                raise
            return recorded
        except Unreadable as error:
            raise UnreadableRun(str(error), task_id=task_id) from error
        except Missing:
            recorded = await self._past.recorded(self._namespace, task_id, request)
            if recorded is None:
                services = self._catalog.known()
                raise self._past.nothing_left(task_id, services, request) from None
            return recorded
