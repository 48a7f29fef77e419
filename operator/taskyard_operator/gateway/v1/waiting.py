"""Waiting for many tasks with one request, until the first of them ends."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from taskyard.api.names import MAX_RUN_NAME
from taskyard_operator.core.document import task_document
from taskyard_operator.gateway.error_answers import own_error_body
from taskyard_operator.gateway.errors import (
    Fault,
    InvalidInput,
    RequestError,
    UnsupportedMediaType,
)
from taskyard_operator.gateway.json_body import read_bounded
from taskyard_operator.gateway.many import FirstEnded
from taskyard_operator.gateway.settings import GatewaySettings
from taskyard_operator.gateway.v1.models import WaitedTasks
from taskyard_operator.gateway.v1.parameters import NoQuery
from taskyard_operator.gateway.v1.responses import document, errors

_BYTES_PER_ID = MAX_RUN_NAME + 48
"""An id with quotes and comma, and however it is indented."""
_OTHER_BYTES = 1024


class WaitBody(BaseModel):
    """What to wait for."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    ids: Annotated[
        list[str], Field(min_length=1, description="Up to gateway.maxWaitedTasks ids of tasks.")
    ]
    seconds: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="How long to wait, at most gateway.maxWaitSeconds.",
        ),
    ] = 30.0


_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": WaitBody.model_json_schema()}},
}


def many_waits(first_ended: FirstEnded, settings: GatewaySettings) -> APIRouter:
    """The route of waiting for many."""
    router = APIRouter()
    most = settings.max_waited_tasks

    @router.post(
        "/tasks/wait",
        responses={**document(WaitedTasks, "Each of the tasks."), **errors(408, 413, 415)},
        openapi_extra={"requestBody": _REQUEST_BODY},
    )
    async def wait_many(request: Request, query: Annotated[NoQuery, Query()]) -> JSONResponse:
        """Those that have ended, at once; where none has, the first that ends before the time is over."""
        asked = await _asked(request, most)
        ids = list(dict.fromkeys(asked.ids))
        seconds = min(asked.seconds, settings.max_wait_seconds)
        waited = await first_ended.wait(ids, seconds, request)
        ended, unknown = waited.ended, waited.unknown
        told = {
            "ended": [task_document(ended[name]) for name in ids if name in ended],
            "pending": [name for name in ids if name not in ended and name not in unknown],
            "unknown": [_unknown(name, unknown[name], request) for name in ids if name in unknown],
        }
        return JSONResponse(told)

    return router


async def _asked(request: Request, most: int) -> WaitBody:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedMediaType("send the ids as application/json")
    limit = most * _BYTES_PER_ID + _OTHER_BYTES
    body = await read_bounded(request.stream(), limit, f"give at most {most} ids")
    try:
        asked = WaitBody.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInput.of([Fault(f["loc"], f["msg"]) for f in error.errors()[:20]]) from None
    if len(asked.ids) > most:
        told = f"at most {most} tasks are waited for at once (gateway.maxWaitedTasks)"
        raise InvalidInput.of([Fault(("ids",), told)])
    return asked


def _unknown(task_id: str, error: RequestError, request: Request) -> dict[str, Any]:
    told = own_error_body(error.reason, str(error), request, {"task_id": task_id})
    return {"id": task_id, **told}
