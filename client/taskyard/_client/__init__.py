"""The clients: call the tasks of a service over HTTP.

    SyncHTTPClient ─┐                          ┌─ _protocol   requests and answers
                    ├─ _conversation (no I/O) ─┼─ _schema, _binding, _encoding, _decoding
    AsyncHTTPClient ┘                          └─ _outcomes, _pacing   what to repeat, and when

A conversation is a generator: it says what to send and how long to pause, and a client does so.
Both clients thus retry, wait and decode alike, and all of that is tested without a network.
"""

from taskyard._client._async import AsyncEndpoint, AsyncHTTPClient, AsyncTask
from taskyard._client._status import Progress, ResultStatus, TaskStatus
from taskyard._client._sync import Endpoint, SyncHTTPClient, Task

__all__ = [
    "AsyncEndpoint",
    "AsyncHTTPClient",
    "AsyncTask",
    "Endpoint",
    "Progress",
    "ResultStatus",
    "SyncHTTPClient",
    "Task",
    "TaskStatus",
]
