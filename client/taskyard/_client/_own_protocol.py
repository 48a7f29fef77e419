"""Taskyard's own API, `/v1`: which request asks for what. Errors and statuses are read in `_protocol`."""

import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from taskyard._client._body import Body
from taskyard._client._filters import Filters
from taskyard._client._options import NO_OPTIONS, Options
from taskyard._client._outcomes import Request
from taskyard._client._protocol import is_file, unsupported
from taskyard._client._schema import OwnApi, ServiceSchema, TaskSchema

_SILENCE = 30.0
"""Seconds in which a stream says something, if only that there is nothing to tell."""


class OwnRequests:
    """Builds the requests for the own API at `own`."""

    def __init__(self, own: OwnApi) -> None:
        self._own = own
        self._service = f"{own.url}/services/{quote(own.service)}"

    @classmethod
    def of(cls, known: ServiceSchema | TaskSchema, what: str) -> "OwnRequests":
        """Those for a service, or for that of a task; `what` is what they are needed for.

        Raises:
            Unsupported: its server has no such API.
        """
        if known.own is None:
            raise unsupported(known.name, f"{what} needs")
        return cls(known.own)

    def service(self) -> Request:
        """What it knows of the service."""
        return Request("GET", self._service, harmless=True)

    def submit(self, task: TaskSchema, body: Body, options: Options) -> Request:
        """A new task run. Sent twice it runs once, by its key."""
        url = _url(f"{self._service}/tasks/{quote(task.name)}", options.query())
        return Request("POST", url, body, harmless=True, headers=_key(options.key()))

    def status(self, task: TaskSchema, task_id: str, wait: float = 0.0) -> Request:
        """All about a task run; once it has ended, or after `wait` seconds."""
        return self.task(task_id, wait)

    def task(self, task_id: str, wait: float = 0.0) -> Request:
        """The same, whatever the task is."""
        url = self._about(task_id, wait=f"{wait:g}" if wait else None)
        return Request("GET", url, harmless=True, held=wait)

    def result(self, task: TaskSchema, task_id: str) -> Request:
        """What it returned."""
        url = self._about(task_id, "/result")
        return Request("GET", url, harmless=True, to_file=is_file(task))

    def retry(self, task: TaskSchema, task_id: str) -> Request:
        """A new task run with the same input. Sent twice it is one."""
        url, headers = self._about(task_id, "/retry"), _key(NO_OPTIONS.key())
        return Request("POST", url, harmless=True, headers=headers)

    def cancel(self, task: TaskSchema, task_id: str) -> Request:
        """Its end. Asking twice ends it once."""
        return Request("POST", self._about(task_id, "/cancel"), harmless=True)

    def cancel_many(self, filters: Filters) -> Request:
        """The end of all of the service's task runs that fit, or of as many as are taken at once."""
        query = [("service", self._own.service), *filters.query()]
        return Request("POST", _url(f"{self._own.url}/tasks/cancel", query), harmless=True)

    def delete(self, task_id: str) -> Request:
        """The removal of all that is left of it."""
        return Request("DELETE", self._about(task_id), harmless=True)

    def events(self, task_id: str, after: str | None, only: Sequence[str]) -> Request:
        """What becomes of it, from the event `after` on; of some kinds only, if any are given."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
        url = self._about(task_id, "/events", only=",".join(only) or None)
        return Request("GET", url, harmless=True, headers=headers, held=_SILENCE)

    def log(self, task_id: str, attempt: int | None, tail: int | None) -> Request:
        """What an attempt has printed so far."""
        url = self._about(task_id, "/logs", attempt=attempt, tail=tail)
        return Request("GET", url, harmless=True)

    def wait(self, task_ids: Sequence[str], seconds: float) -> Request:
        """Which of several have ended; if none has, the first that does within some seconds."""
        content = json.dumps({"ids": list(task_ids), "seconds": seconds}).encode()
        body = Body("application/json", (content,))
        return Request("POST", f"{self._own.url}/tasks/wait", body, harmless=True, held=seconds)

    def tasks(self, filters: Filters, cursor: str | None) -> Request:
        """A page of the service's task runs."""
        page = [
            ("service", self._own.service),
            *filters.query(),
            *([("cursor", cursor)] if cursor else []),
        ]
        return Request("GET", _url(f"{self._own.url}/tasks", page), harmless=True)

    def _about(self, task_id: str, more: str = "", **query: str | float | None) -> str:
        given = [(name, str(value)) for name, value in query.items() if value is not None]
        return _url(f"{self._own.url}/tasks/{quote(task_id, safe='')}{more}", given)


def _url(address: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}
