"""Tasks by a filter: a page of them, or the end of all of them."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from taskyard_operator.core.document import task_document
from taskyard_operator.core.listing import Filters
from taskyard_operator.gateway.errors import Fault, InvalidInput
from taskyard_operator.gateway.listing import Listing
from taskyard_operator.gateway.many import Cancellation
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.v1.filters import FilterQuery, PageQuery
from taskyard_operator.gateway.v1.models import CancelledTasks, TaskList
from taskyard_operator.gateway.v1.responses import document


def list_routes(
    listing: Listing, cancellation: Cancellation, settings: GatewaySettings
) -> APIRouter:
    """The routes of tasks that a filter picks."""
    router = APIRouter()

    @router.get("/tasks", responses=document(TaskList, "A page of tasks."))
    async def tasks(query: Annotated[PageQuery, Query()]) -> JSONResponse:
        """Tasks, newest first, whether their TaskRun is there or only their record is left."""
        most = settings.max_page_tasks
        limit = query.limit or min(settings.page_tasks, most)
        if limit > most:
            told = f"a page has at most {most} tasks (gateway.maxPageTasks)"
            raise InvalidInput.of([Fault(("limit",), told)])
        page = await listing.page(query.filters(), query.cursor or "", limit)
        items = [task_document(run) for run in page.runs]
        return JSONResponse({"items": items, "next": page.next})

    @router.post(
        "/tasks/cancel", responses=document(CancelledTasks, "The tasks that were asked to end.")
    )
    async def cancel_many(query: Annotated[FilterQuery, Query()]) -> JSONResponse:
        """Ask for the end of the tasks that a filter picks; those that have ended stay as they are."""
        filters = query.filters()
        if filters == Filters():
            known = ", ".join(field.alias or name for name, field in query.model_fields.items())
            raise InvalidInput(f"say which tasks to cancel, by at least one of {known}")
        cancelled = await cancellation.cancel(filters, settings.max_cancelled_tasks)
        told = {"cancelled": len(cancelled.ids), "ids": cancelled.ids, "more": cancelled.more}
        return JSONResponse(told)

    return router
