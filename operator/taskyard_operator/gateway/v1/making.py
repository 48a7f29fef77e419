"""Making tasks: of the arguments that a caller sends, or of a task that has ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.document import task_document
from taskyard_operator.gateway.catalog import Catalog, task_named
from taskyard_operator.gateway.finding import Finder
from taskyard_operator.gateway.once import Accepted
from taskyard_operator.gateway.steps import Steps
from taskyard_operator.gateway.v1.parameters import (
    IdempotencyKey,
    NoQuery,
    SubmitQuery,
)
from taskyard_operator.gateway.v1.responses import BODY, MADE, errors
from taskyard_operator.webhooks.settings import WebhookSettings

REPLAYED_HEADER = "idempotency-replayed"


def making_routes(
    catalog: Catalog, finder: Finder, steps: Steps, webhooks: WebhookSettings
) -> APIRouter:
    """The routes that make tasks."""
    router = APIRouter()

    @router.post(
        "/services/{service}/tasks/{task}",
        status_code=202,
        responses={**MADE, **errors(408, 413, 415)},
        openapi_extra=BODY,
    )
    async def submit(
        service: str,
        task: str,
        request: Request,
        query: Annotated[SubmitQuery, Query()],
        idempotency_key: IdempotencyKey = None,
    ) -> JSONResponse:
        """Submit a task: what it takes is in the body, as JSON or as a form with files."""
        known = await catalog.service(service)
        wanted = task_named(known, task)
        options = query.options(webhooks)
        accepted = await steps.submit(request, known, wanted, options, idempotency_key)
        return _accepted(accepted)

    @router.post("/tasks/{task_id}/retry", status_code=202, responses={**MADE, **errors(409)})
    async def retry(
        task_id: str,
        request: Request,
        query: Annotated[NoQuery, Query()],
        idempotency_key: IdempotencyKey = None,
    ) -> JSONResponse:
        """Run a task that has ended once more, as a new task with the same arguments and options."""

        async def find() -> TaskRun:
            return await finder.run(task_id, request)

        return _accepted(await steps.retry_found(task_id, find, request, idempotency_key))

    return router


def _accepted(accepted: Accepted) -> JSONResponse:
    run = accepted.run
    headers = {"location": f"/v1/tasks/{run.metadata.name}"}
    if accepted.replayed:
        headers[REPLAYED_HEADER] = "true"
    return JSONResponse(task_document(run), 200 if accepted.replayed else 202, headers)
