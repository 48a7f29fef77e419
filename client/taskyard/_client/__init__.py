"""The clients: call the tasks of a service over HTTP.

    SyncHTTPClient ──┐                          ┌─ _protocol, _own_protocol   requests and answers
    Endpoint, Task   ├─ _conversation (no I/O) ─┼─ _schema, _binding, _encoding, _decoding
    AsyncHTTPClient  │   _waiting, _following   └─ _outcomes, _pacing, _asking   what to repeat, and when
    and its twins  ──┘

A conversation is a generator: it says what to send and how long to pause (`_commands`), and a runner
(`_sync_runner`, `_async_runner`) does so. Both clients thus retry, wait and decode alike, and all of
that is tested without a network.
"""

from taskyard._client._async_client import AsyncHTTPClient
from taskyard._client._async_endpoint import AsyncEndpoint
from taskyard._client._async_task import AsyncTask
from taskyard._client._completion import as_completed
from taskyard._client._events import Event
from taskyard._client._mapping import MapProgress
from taskyard._client._status import Attempt, Progress, ResultStatus, TaskStatus
from taskyard._client._sync_client import SyncHTTPClient
from taskyard._client._sync_endpoint import Endpoint
from taskyard._client._sync_task import Task

__all__ = [
    "AsyncEndpoint",
    "AsyncHTTPClient",
    "AsyncTask",
    "Attempt",
    "Endpoint",
    "Event",
    "MapProgress",
    "Progress",
    "ResultStatus",
    "SyncHTTPClient",
    "Task",
    "TaskStatus",
    "as_completed",
]
