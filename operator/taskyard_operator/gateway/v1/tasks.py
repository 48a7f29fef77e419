"""One task, by its id: all of it, its result, and its end before its time."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.document import Document, task_document
from taskyard_operator.gateway.answers import progress_of, result_of
from taskyard_operator.gateway.deletion import Deletion
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.steps import Steps
from taskyard_operator.gateway.v1.parameters import NoQuery, Wait
from taskyard_operator.gateway.v1.responses import RESULT, TASK, errors
from taskyard_operator.ports import ObjectStore


def task_routes(
    finder: Finder, objects: ObjectStore, steps: Steps, deletion: Deletion, *, max_wait: float
) -> APIRouter:
    """The routes of one task; who waits does so for `max_wait` seconds at most."""
    router = APIRouter()

    async def awaited(task_id: str, query: Wait, request: Request) -> TaskRun:
        """The task once it has ended, or as it is when the time is over."""

        async def find() -> TaskRun:
            return await finder.run(task_id, request)

        run, seconds = await find(), min(query.wait, max_wait)
        if not seconds:
            return run
        return await steps.ended(run, seconds, find) or await find()

    @router.get("/tasks/{task_id}", response_model=None, responses=TASK)
    async def task(task_id: str, request: Request, query: Annotated[Wait, Query()]) -> Document:
        """All that is known of the task; with `wait`, once it has ended or the time is over."""
        run = await awaited(task_id, query, request)
        return task_document(run, await progress_of(run, objects))

    @router.get("/tasks/{task_id}/result", response_class=Response, responses=RESULT)
    @router.head("/tasks/{task_id}/result", include_in_schema=False)
    async def result(task_id: str, request: Request, query: Annotated[Wait, Query()]) -> Response:
        """What the task gave back, as it gave it; or why there is nothing."""
        return await result_of(await awaited(task_id, query, request), request, objects)

    @router.post("/tasks/{task_id}/cancel", response_model=None, responses=TASK)
    async def cancel(
        task_id: str, request: Request, query: Annotated[NoQuery, Query()]
    ) -> Document:
        """Ask for the end of the task; one that has ended stays as it is."""
        return task_document(await steps.cancel(await finder.run(task_id, request)))

    @router.delete("/tasks/{task_id}", status_code=204, responses=errors(409))
    async def delete(task_id: str, request: Request, query: Annotated[NoQuery, Query()]) -> None:
        """Delete a task that has ended, with its result and all else that it left."""
        await deletion.delete(await finder.run(task_id, request))

    return router
