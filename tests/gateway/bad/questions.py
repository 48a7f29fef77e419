# ruff: noqa: E501 - tables, in which a case is a line
"""Questions about runs, services and tasks that are not there, and by the wrong method."""

from __future__ import annotations

from datetime import UTC, datetime

from taskyard.api.names import new_run_name

from .request import NOT_FOUND, WRONG_METHOD, asked

UNKNOWN_ID = new_run_name(datetime.now(UTC))  # a younger one than what may have expired

QUESTIONS = [
    *(asked(f"{verb} without an id", f"/echo/{verb}", "task_id is required", method) for verb, method in [("status", "GET"), ("get", "GET"), ("retry", "POST"), ("cancel", "PUT")]),
    asked("an id that is empty", "/echo/status?task_id=", "task_id is required"),
    *(asked(f"{verb} of an id that nobody has", f"/echo/{verb}?task_id={UNKNOWN_ID}", "task_id not found", method, **NOT_FOUND) for verb, method in [("status", "GET"), ("get", "GET"), ("retry", "PUT"), ("cancel", "POST")]),
    asked("an id that is no name", "/echo/status?task_id=Not_A_Name", "task_id not found", **NOT_FOUND),
    asked("an id that leads elsewhere", "/echo/status?task_id=../taskservices/studio", "task_id not found", **NOT_FOUND),
    asked("an id that leads elsewhere in disguise", "/echo/cancel?task_id=..%2F..%2Fdefault%2Ftaskruns%2Fx", "task_id not found", "PUT", **NOT_FOUND),
    asked("an id with a query of its own", "/echo/status?task_id=x%3Flimit%3D1", "task_id not found", **NOT_FOUND),
    asked("an id with a null byte", "/echo/status?task_id=a%00b", "task_id not found", **NOT_FOUND),
    asked("an id that is no text", "/echo/status?task_id=%ff%fe", "task_id not found", **NOT_FOUND),
    asked("an id that is very long", f"/echo/get?task_id={'a' * 5000}", "task_id not found", **NOT_FOUND),
    asked("submit by GET", "/paint/submit", "takes POST, and not GET", **WRONG_METHOD),
    asked("submit by PUT", "/paint/submit", "takes POST, and not PUT", "PUT", **WRONG_METHOD),
    asked("status by PUT", "/paint/status?task_id=x", "takes GET or HEAD, and not ", "PUT", **WRONG_METHOD),
    asked("status by POST, as if it were a task", "/paint/status?task_id=x", "has no task at /paint/status", "POST", **NOT_FOUND),
    asked("get by DELETE", "/paint/get?task_id=x", "takes GET or HEAD, and not ", "DELETE", **WRONG_METHOD),
    asked("cancel by GET", "/paint/cancel?task_id=x", "takes POST or PUT, and not GET", "GET", **WRONG_METHOD),
    asked("retry by GET", "/paint/retry?task_id=x", "takes POST or PUT, and not GET", "GET", **WRONG_METHOD),
    asked("schema by PUT", "/schema.json", "takes GET or HEAD, and not ", "PUT", **WRONG_METHOD),
    asked("a preflight", "/paint/submit", "takes POST, and not OPTIONS", "OPTIONS", **WRONG_METHOD),
    asked("a service that does not exist", "/services/nope/paint/submit", "there are: studio, workshop", "POST", **NOT_FOUND),
    asked("a task that does not exist", "/pain/submit", "it has: /paint, ", "POST", **NOT_FOUND),
    asked("a task of another service", "/services/workshop/echo/submit", "it has: /paint.", "POST", **NOT_FOUND),
    asked("a direct call of a task that does not exist", "/pain", "it has: /paint, ", "POST", **NOT_FOUND),
    asked("a direct call without what the task needs", "/paint", "prompt: field required", "POST", status=400, reason="InvalidInput", fields=("prompt",)),
    *(asked(f"{verb} by a method that nobody has heard of", f"/echo/{verb}?task_id=x", "and not BREW", "BREW", **WRONG_METHOD) for verb in ("status", "get", "retry", "cancel", "submit")),
    asked("an id in capital letters", f"/echo/status?task_id={UNKNOWN_ID.upper()}", "task_id not found", **NOT_FOUND),
    asked("an id with a line break", f"/echo/status?task_id={UNKNOWN_ID}%0d%0aX-A:%20b", "task_id not found", **NOT_FOUND),
    asked("an id that is a command", "/echo/get?task_id=$(id)", "task_id not found", **NOT_FOUND),
    asked("an id with a wildcard", "/echo/get?task_id=*", "task_id not found", **NOT_FOUND),
    asked("a path that leads out of a service", "/services/studio/%2e%2e/%2e%2e/etc/passwd", "has no task at", "POST", **NOT_FOUND),
    asked("a service that leads elsewhere", "/services/..%2f..%2fx/paint/submit", "There is no service", "POST", **NOT_FOUND),
    asked("a service with a null byte", "/services/a%00b/paint/submit", "There is no service", "POST", **NOT_FOUND),
    asked("a service that is no text", "/services/%ff/paint/submit", "There is no service", "POST", **NOT_FOUND),
    asked("a service of very many characters", f"/services/{'a' * 5000}/paint/submit", "There is no service", "POST", **NOT_FOUND),
    asked("a task of very many characters", f"/{'a' * 5000}/submit", "has no task at", "POST", **NOT_FOUND),
    asked("a task in capital letters", "/PAINT/submit", "it has: /paint, ", "POST", **NOT_FOUND),
    asked("a task with a slash too much", "//paint/submit", "has no task at", "POST", **NOT_FOUND),
    asked("an escape that is none", "/pai%zznt/submit", "has no task at", "POST", **NOT_FOUND),
    asked("a file of the gateway", "/etc/passwd", "There is nothing at /etc/passwd", **NOT_FOUND),
]  # fmt: skip
