"""What the gateway says of a run: its status, its result, and how a failed one is answered."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from taskyard.api.reasons import Phase, Reason
from taskyard.api.resource import rfc3339
from taskyard.api.taskrun import Progress, TaskRun
from taskyard_operator.core.keys import progress_key
from taskyard_operator.core.progress import END_BYTES, last_progress
from taskyard_operator.gateway.error_answers import error_body
from taskyard_operator.gateway.errors import NotReady, WasCancelled
from taskyard_operator.gateway.past import expired
from taskyard_operator.gateway.stored import stored_result
from taskyard_operator.gateway.words import status_word
from taskyard_operator.ports import Missing, ObjectStore, PortError


def acceptance(run: TaskRun, request: Request) -> dict[str, Any]:
    """The short answer to submit, retry and cancel."""
    word = status_word(run.phase, request.headers.get("user-agent", ""))
    return {"task_id": run.metadata.name, "status": word}


async def status_of(run: TaskRun, request: Request, objects: ObjectStore) -> dict[str, Any]:
    """All that a waiting person wants to know."""
    status, progress = run.status, await progress_of(run, objects)
    created = run.metadata.creation_timestamp
    return acceptance(run, request) | {
        "created_at": rfc3339(created) if created else None,
        "executed_at": rfc3339(status.started_at) if status.started_at else None,
        "finished_at": rfc3339(status.finished_at) if status.finished_at else None,
        "phase": run.phase,
        "reason": status.reason,
        "message": status.message,
        "attempt": status.attempt,
        "progress": progress.model_dump() if progress else None,
    }


async def progress_of(run: TaskRun, objects: ObjectStore) -> Progress | None:
    """What the task last said of itself; a status never fails for want of it.

    The object is never older than what the controller has read of it.
    """
    if not run.status.attempt or run.phase is not Phase.RUNNING:
        return None
    key = progress_key(run.metadata.namespace, run.metadata.name, run.status.attempt)
    try:
        said = last_progress(await objects.get_end(key, END_BYTES))
    except PortError:
        said = None
    return said or run.status.progress


async def result_of(run: TaskRun, request: Request, objects: ObjectStore) -> Response:
    """The result, or the part of it that is asked for, streamed from the store; or why there is none.

    Raises:
        NotReady: the run has not ended.
        WasCancelled: it was cancelled.
        Expired: the result is no longer kept.
    """
    name = run.metadata.name
    if run.phase is Phase.SUCCEEDED and run.status.result:
        try:
            return await stored_result(run, run.status.result, request, objects)
        except Missing:
            raise expired(name, request) from None
    if run.phase is Phase.FAILED:
        return _failure(run, request)
    if run.phase is Phase.CANCELLED:
        raise WasCancelled(f"task {name} was cancelled", task_id=name)
    raise NotReady.of(run, "is not completed yet")


def _failure(run: TaskRun, request: Request) -> JSONResponse:
    reason = run.status.reason or Reason.PROCESS_CRASHED
    message = run.status.message or _described(reason)
    body = error_body(reason, message, request, task_id=run.metadata.name, phase=run.phase)
    return JSONResponse(body, 400 if reason == Reason.INVALID_INPUT else 500)


def _described(reason: str) -> str:
    # A newer controller may know more reasons.
    return Reason(reason).description if reason in list(Reason) else "The task failed."
