"""The one place where what is wrong with a request becomes an HTTP answer.

On the routes that BentoML has too the body is always `{"error", "reason", "requestId"}`, with `detail`
where fields are to blame and `task_id` where a task is known: BentoML's clients show it as it is. Below
/v1 the same things are in one object, see `own_error_body`.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from taskyard_operator.gateway.errors import Fault, InvalidInput, RequestError, UnreadableRun
from taskyard_operator.gateway.head import fault_of_head
from taskyard_operator.gateway.identity import Identified
from taskyard_operator.ports import Missing, OverQuota, PortError, Unavailable, Unreadable

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2
QUOTA_RETRY_AFTER_SECONDS = 10
"""Room in a quota comes with the end of a task, and tasks take longer than most requests."""
TASK_ID_HEADER = "x-task-id"
"""Tells a caller who has not asked for an id which task the answer is of."""
OWN_PREFIX = "/v1/"
"""Below it is the gateway's own API."""

_PATHS = (
    "a service has /schema.json and /readyz, and for each task /<task>/submit, /status, /get, "
    "/retry and /cancel, and POST /<task> for a call that waits, below / or /services/<name>."
)


def error_body(reason: str, message: str, request: Request, **more: Any) -> dict[str, Any]:
    """An error as the caller of a route knows it; of `more` only what there is is told."""
    told = {name: value for name, value in more.items() if value}
    if is_own(request):
        return own_error_body(reason, message, request, told)
    return {"error": message, "reason": reason, "requestId": request.state.request_id} | told


def own_error_body(
    reason: str, message: str, request: Request, more: Mapping[str, Any]
) -> dict[str, Any]:
    """An error below /v1, with `detail`, `taskId` and `phase` of `more`."""
    error = {
        "reason": reason,
        "message": message,
        "detail": more.get("detail", []),
        "requestId": request.state.request_id,
    }
    known = {"taskId": more.get("task_id"), "phase": more.get("phase")}
    return {"error": error | {name: value for name, value in known.items() if value}}


def is_own(request: Request) -> bool:
    """Whether a request is for the gateway's own API, and not for a task whose route begins with /v1."""
    return request.url.path.startswith(OWN_PREFIX) and "route" not in request.path_params


def install_errors(app: FastAPI, max_head_bytes: int) -> None:
    """Give every request an id, and every error its answer."""
    app.add_middleware(Identified, refusal=partial(_bad_head, max_bytes=max_head_bytes))

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> JSONResponse:
        own = is_own(request)
        body = error_body(
            error.reason,
            str(error),
            request,
            detail=[{"loc": list(fault.loc), "msg": fault.msg} for fault in error.faults],
            task_id=error.task_id,
            phase=error.phase if own else None,
        )
        headers = {TASK_ID_HEADER: error.task_id} if error.task_id else {}
        status = error.own_status_code if own else None
        return JSONResponse(body, status or error.status_code, headers)

    @app.exception_handler(RequestValidationError)
    async def not_as_declared(request: Request, error: RequestValidationError) -> JSONResponse:
        return await refused(request, InvalidInput.of(_faults(error)))

    @app.exception_handler(PortError)
    async def not_served(request: Request, error: PortError) -> JSONResponse:
        return _not_served(request, error)

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> JSONResponse:
        return _no_route(request, error)

    @app.exception_handler(ClientDisconnect)
    async def nobody_there(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # that nobody will read

    @app.exception_handler(Exception)
    async def fault_of_ours(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _json(request, 500, "InternalError", "The gateway failed; its log has the details.")


def _not_served(request: Request, error: PortError) -> JSONResponse:
    if isinstance(error, Unavailable):
        logger.warning("%s %s: %s", request.method, request.url.path, error)
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return _json(request, 503, "Unavailable", str(error), headers)
    if isinstance(error, OverQuota):
        headers = {"Retry-After": str(QUOTA_RETRY_AFTER_SECONDS)}
        return _json(request, 429, "OverQuota", str(error), headers)
    if isinstance(error, Missing):
        return _json(request, 404, "NotFound", str(error))
    if isinstance(error, Unreadable):
        return _json(request, UnreadableRun.status_code, UnreadableRun.reason, str(error))
    return _json(request, 400, "Rejected", str(error))


def _faults(error: RequestValidationError) -> list[Fault]:
    """What is wrong with parameters and headers, by their names."""
    return [
        Fault(tuple(fault["loc"][1:]), fault["msg"].removeprefix("Value error, "))
        if fault["type"] != "extra_forbidden"
        else Fault(tuple(fault["loc"][1:]), "there is no such parameter here")
        for fault in error.errors()
    ]


def _bad_head(request: Request, max_bytes: int) -> JSONResponse | None:
    """The refusal of a request by its head alone."""
    fault = fault_of_head(request, max_bytes)
    if fault is None:
        return None
    return _json(request, fault.status_code, fault.reason, fault.told, {"connection": "close"})


def _no_route(request: Request, error: HTTPException) -> JSONResponse:
    path, status = request.url.path, error.status_code
    if status == 404:
        return _json(request, status, "NotFound", f"There is nothing at {path}; {_PATHS}")
    if status == 405:
        allowed = Headers(error.headers).get("allow", "another method")
        told = f"{path} takes {' or '.join(sorted(allowed.split(', ')))}, and not {request.method}."
        return _json(request, status, "MethodNotAllowed", told, error.headers)
    return _json(request, status, "HTTPError", str(error.detail), error.headers)


def _json(
    request: Request,
    status: int,
    reason: str,
    message: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    return JSONResponse(error_body(reason, message, request), status, headers=dict(headers or {}))
