"""A stored result as an HTTP answer: whole or a part of it, streamed from the object store."""

import base64
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from taskyard.api.answer_headers import fitting_headers
from taskyard.api.taskrun import ResultRecord, TaskRun
from taskyard_operator.gateway.error_answers import error_body
from taskyard_operator.gateway.ranges import NotModified, NotSatisfiable, Part, asked_for
from taskyard_operator.ports import ObjectStore

_WITHOUT_BODY = (204, 205, 304)
"""Status codes that come with no body, whatever the task has stored."""


async def stored_result(
    run: TaskRun, result: ResultRecord, request: Request, objects: ObjectStore
) -> Response:
    """The result with the status code and the headers that the task has set.

    Parts of it, and 304 for who has it already, are answered only where that status is 200: any other
    would be lost.

    Raises:
        Missing: it is no longer kept.
    """
    if result.status_code in _WITHOUT_BODY:
        await objects.look_up(result.key)
        return _with_headers(Response(status_code=result.status_code), result)
    wanted = None
    if result.status_code == 200:
        wanted = asked_for(request.method, request.headers, _e_tag(result), result.size)
    match wanted:
        case NotModified():
            return _with_headers(
                Response(status_code=304, headers={"etag": _e_tag(result)}), result
            )
        case NotSatisfiable():
            return _not_satisfiable(run, result, request)
        case Part(start, end):
            span = {"content-range": f"bytes {start}-{end - 1}/{result.size}"}
            return await _streamed(result, request, objects, Part(start, end), 206, span)
    return await _streamed(
        result, request, objects, Part(0, result.size), result.status_code, _digest(result)
    )


async def _streamed(
    result: ResultRecord,
    request: Request,
    objects: ObjectStore,
    part: Part,
    status_code: int,
    more: dict[str, str],
) -> Response:
    # The type as it was stored: given as `media_type`, every text would be said to be in UTF-8.
    headers = {
        "content-type": result.content_type,
        "content-length": str(part.end - part.start),
        "etag": _e_tag(result),
        **more,
    }
    if result.status_code == 200:
        headers["accept-ranges"] = "bytes"
    if result.file_name:
        headers["content-disposition"] = _disposition(result.file_name)
    # The store is asked before the headers: one that is away must give 503, and not a broken body.
    if request.method == "HEAD":
        await objects.look_up(result.key)
        answer = Response(status_code=status_code, headers=headers)
        return _with_headers(answer, result)
    body = objects.get(result.key, part.start, part.end)
    first = await anext(body, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in body:
            yield chunk

    return _with_headers(StreamingResponse(whole(), status_code, headers), result)


def _not_satisfiable(run: TaskRun, result: ResultRecord, request: Request) -> JSONResponse:
    name = run.metadata.name
    message = f"the result of task {name} has {result.size} bytes, and none in that range"
    body = error_body("RangeNotSatisfiable", message, request, task_id=name)
    return JSONResponse(body, 416, {"content-range": f"bytes */{result.size}"})


def _e_tag(result: ResultRecord) -> str:
    return f'"{result.sha256}"'


def _digest(result: ResultRecord) -> dict[str, str]:
    """RFC 9530: by this a client can tell whether it has received what the task has stored."""
    digest = base64.b64encode(bytes.fromhex(result.sha256)).decode()
    return {"repr-digest": f"sha-256=:{digest}:"}


def _with_headers(answer: Response, result: ResultRecord) -> Response:
    """The answer, with what the task has set beside it: a cookie, or a header of its own."""
    for name, value in fitting_headers([[h.name, h.value] for h in result.headers or ()]):
        answer.headers.append(name, value)
    return answer


def _disposition(file_name: str) -> str:
    """Both forms of RFC 6266: BentoML's client reads only the plain one, and refuses a slash in it."""
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\/' else "_" for c in file_name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
