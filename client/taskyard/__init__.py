"""Taskyard: long inference tasks on your own Kubernetes cluster.

Write a service with `service` and `task`; call it with `SyncHTTPClient` or `AsyncHTTPClient`.
The clients are imported when first used: a task's pod needs the decorators, and not an HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from taskyard._current_task import CurrentTask, TaskCancelled, current_task
from taskyard._service import service, task

if TYPE_CHECKING:
    from taskyard._client import (
        AsyncEndpoint,
        AsyncHTTPClient,
        AsyncTask,
        Attempt,
        Endpoint,
        Event,
        MapProgress,
        Progress,
        ResultStatus,
        SyncHTTPClient,
        Task,
        TaskStatus,
        as_completed,
    )
    from taskyard._errors import (
        APIConnectionError,
        APIError,
        APITimeoutError,
        InvalidArgument,
        NotFound,
        ServerError,
        TaskFailed,
        TaskNotFinished,
        TaskyardError,
        Unsupported,
        WaitTimeout,
    )
    from taskyard._values.files import ContentType
    from taskyard._values.tables import DataFrameSchema, Shape

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AsyncEndpoint",
    "AsyncHTTPClient",
    "AsyncTask",
    "Attempt",
    "ContentType",
    "CurrentTask",
    "DataFrameSchema",
    "Endpoint",
    "Event",
    "InvalidArgument",
    "MapProgress",
    "NotFound",
    "Progress",
    "ResultStatus",
    "ServerError",
    "Shape",
    "SyncHTTPClient",
    "Task",
    "TaskCancelled",
    "TaskFailed",
    "TaskNotFinished",
    "TaskStatus",
    "TaskyardError",
    "Unsupported",
    "WaitTimeout",
    "as_completed",
    "current_task",
    "service",
    "task",
]

_CLIENT = {
    "AsyncEndpoint", "AsyncHTTPClient", "AsyncTask", "Attempt", "Endpoint", "Event", "MapProgress",
    "Progress", "ResultStatus", "SyncHTTPClient", "Task", "TaskStatus", "as_completed",
}  # fmt: skip
_BESIDE_ANNOTATIONS = {"ContentType": "files", "DataFrameSchema": "tables", "Shape": "tables"}


def __getattr__(name: str) -> Any:
    """Import the client's side on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _BESIDE_ANNOTATIONS:
        return getattr(import_module(f"taskyard._values.{_BESIDE_ANNOTATIONS[name]}"), name)
    return getattr(
        import_module("taskyard._client" if name in _CLIENT else "taskyard._errors"), name
    )
