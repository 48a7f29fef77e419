"""What the OpenAPI document says of answers."""

from typing import Any

from pydantic import BaseModel

from taskyard_operator.gateway.v1.models import ErrorDocument, TaskDocument

Responses = dict[int | str, dict[str, Any]]

_ERRORS = {
    400: "Something in the request does not fit; `detail` says what.",
    404: "There is no such service or task.",
    408: "The body did not come in time.",
    409: "The task is not in a phase in which this can be asked for.",
    410: "The task was there, and what is asked for is no longer kept.",
    413: "The body is too large.",
    415: "No task takes a body of this type.",
    416: "The result has no bytes in that range.",
    422: "The Idempotency-Key stands for another request.",
    429: "There are too many tasks; `Retry-After` says when to try again.",
    500: "The task has failed.",
    503: "The API server or the object store is away; `Retry-After` says when to try again.",
    504: "Nobody knows whether the task was accepted: repeat with the same key, or ask for `taskId`.",
}


def errors(*codes: int) -> Responses:
    """The errors with these status codes."""
    return {code: {"model": ErrorDocument, "description": _ERRORS[code]} for code in codes}


def document(model: type[BaseModel], description: str) -> Responses:
    """An answer of 200 that is a document."""
    return {200: {"model": model, "description": description}}


COMMON = errors(400, 404, 410, 503)
"""What any route may answer."""
TASK = document(TaskDocument, "The task as it is now.")
MADE: Responses = {
    200: {
        "model": TaskDocument,
        "description": "The task that the first request with this key made.",
        "headers": {
            "Location": {"schema": {"type": "string"}, "description": "Where the task is."},
            "Idempotency-Replayed": {"schema": {"const": "true"}},
        },
    },
    202: {
        "model": TaskDocument,
        "description": "A new task.",
        "headers": {
            "Location": {"schema": {"type": "string"}, "description": "Where the task is."}
        },
    },
    **errors(422, 429, 504),
}
"""What routes that make tasks answer."""
BODY: dict[str, Any] = {
    "requestBody": {
        "description": "The arguments by name; what the task takes is told at /v1/services/{service}.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "multipart/form-data": {"schema": {"type": "object"}},
        },
    }
}
"""The body of a submit."""
_BYTES: dict[str, Any] = {"content": {"*/*": {}}}
RESULT: Responses = {
    200: {"description": "The result, or with the status code that the task has set.", **_BYTES},
    206: {"description": "The part of the result that was asked for.", **_BYTES},
    304: {"description": "The caller has it."},
    "default": {"description": "The result, where the task has set this status.", **_BYTES},
    **errors(409, 416, 500),
}
"""What a result is answered with."""
