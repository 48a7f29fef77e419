"""One task, by its id."""

from typing import Any

from fastapi import APIRouter, Request

from taskyard_operator.gateway.answers import progress_of
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.v1.document import task_document
from taskyard_operator.ports import ObjectStore


def task_routes(finder: Finder, objects: ObjectStore) -> APIRouter:
    """The routes of one task."""
    router = APIRouter()

    @router.get("/tasks/{task_id}")
    async def task(task_id: str, request: Request) -> dict[str, Any]:
        run = await finder.run(task_id, request)
        return task_document(run, await progress_of(run, objects))

    return router
