"""What the commands ask a gateway for: the documents below /v1, logs, events and results."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from taskyard._client import _protocol as protocol
from taskyard._client._body import Body
from taskyard._client._http import failure, user_agent
from taskyard._client._outcomes import Reply, Request, may_repeat
from taskyard._client._pacing import MAX_TRIES, backoff
from taskyard._client._schema import TaskSchema
from taskyard._errors import APIError

Document = dict[str, Any]
Query = Mapping[str, Any]
"""Parameters of a query; those that are None are left out, and a list is repeated."""

_SILENCE = 60.0
"""Seconds without a byte after which a stream is taken for dead: a heartbeat comes every 15."""


class Gateway:
    """The gateway at `url`. All of it raises `TaskyardError` where there is no answer, or an error."""

    def __init__(self, url: str, token: str | None, timeout: float = 30) -> None:
        self.url = url
        self._timeout = timeout
        headers = {"User-Agent": user_agent()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(headers=headers, follow_redirects=True)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def services(self) -> list[Document]:
        """The services there are."""
        return list(self._document("GET", "/v1/services")["items"])

    def service(self, name: str) -> Document:
        """One service, with the schemas of its tasks."""
        return self._document("GET", f"/v1/services/{quote(name, safe='')}")

    def schema(self, service: str, task: str) -> TaskSchema:
        """What a task takes and gives."""
        path = f"/services/{quote(service, safe='')}/schema.json"
        return protocol.schema_in(self.ask("GET", path), self.url + path).task(task)

    def task(self, task_id: str, wait: float | None = None) -> Document:
        """One task; with `wait` it is answered when the task has ended, or after so many seconds."""
        return self._document("GET", _of(task_id), {"wait": wait})

    def tasks(self, query: Query, limit: int) -> Iterator[Document]:
        """The newest tasks that fit, at most `limit` of them."""
        cursor: str | None = None
        while limit > 0:
            page = self._document("GET", "/v1/tasks", {**query, "limit": limit, "cursor": cursor})
            yield from page["items"][:limit]
            limit -= len(page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def submit(
        self, service: str, task: str, body: Body, options: Query, key: str | None
    ) -> Document:
        """A new task, or the one that the idempotency key has been used for."""
        path = f"/v1/services/{quote(service, safe='')}/tasks/{quote(task, safe='')}"
        headers = {"Idempotency-Key": key} if key else {}
        return _read(self.ask("POST", path, options, body, headers))

    def cancel(self, task_id: str) -> Document:
        """Ask for the end of a task."""
        return self._document("POST", f"{_of(task_id)}/cancel")

    def retry(self, task_id: str) -> Document:
        """A new task with the same input."""
        return self._document("POST", f"{_of(task_id)}/retry")

    def delete(self, task_id: str) -> None:
        """Remove all that is left of a task that has ended."""
        self.ask("DELETE", _of(task_id))

    @contextmanager
    def result(self, task_id: str) -> Iterator[httpx.Response]:
        """The result, to be read piece by piece."""
        with self._stream(f"{_of(task_id)}/result", {}, {}) as response:
            yield response

    @contextmanager
    def log(self, task_id: str, query: Query) -> Iterator[httpx.Response]:
        """The log of an attempt, to be read as it comes."""
        with self._stream(f"{_of(task_id)}/logs", query, {}) as response:
            yield response

    @contextmanager
    def events(self, task_id: str, query: Query, last_id: str) -> Iterator[httpx.Response]:
        """The events of a task after the one with that id, or all of them, to be read as they come."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        with self._stream(f"{_of(task_id)}/events", query, headers) as response:
            yield response

    def ask(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to a request. What the gateway refuses for the moment is asked for again."""
        known = headers or {}
        harmless = method != "POST" or "Idempotency-Key" in known
        request = Request(method, self.url + path, body, harmless=harmless, headers=known)
        for tries in range(1, MAX_TRIES + 1):
            reply = self._reply(request, query)
            if tries == MAX_TRIES or not may_repeat(request, reply):
                break
            time.sleep(backoff(tries, reply, random.random, datetime.now(UTC)))
        if not reply.ok:
            raise error_in(reply)
        return reply

    def _reply(self, request: Request, query: Query | None) -> Reply:
        headers = dict(request.headers) | (request.body.headers if request.body else {})
        held = float((query or {}).get("wait") or 0)  # the gateway was asked to wait
        try:
            response = self._http.request(
                request.method,
                request.url,
                params=_given(query or {}),
                content=request.body,
                headers=headers,
                timeout=self._timeout + held,
            )
        except httpx.HTTPError as error:
            # No second try: a person who waits would rather know at once.
            raise failure(request, error).error from error
        return _reply(response)

    def _document(self, method: str, path: str, query: Query | None = None) -> Document:
        return _read(self.ask(method, path, query))

    @contextmanager
    def _stream(
        self, path: str, query: Query, headers: Mapping[str, str]
    ) -> Iterator[httpx.Response]:
        request = Request("GET", self.url + path)
        try:
            with self._http.stream(
                "GET", request.url, params=_given(query), headers=headers, timeout=_SILENCE
            ) as response:
                if not response.is_success:
                    response.read()
                    raise error_in(_reply(response))
                yield response
        except httpx.HTTPError as error:
            raise failure(request, error).error from error


def error_in(reply: Reply) -> APIError:
    """The error that an answer tells of; below /v1 all of it is in one object."""
    told = _object(reply)
    error = told.get("error")
    if isinstance(error, dict):
        flat = error | {"error": error.get("message"), "task_id": error.get("taskId")}
        reply = Reply(reply.status_code, reply.headers, json.dumps(flat).encode())
    return protocol.error_in(reply)


def _of(task_id: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}"


def _given(query: Query) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _reply(response: httpx.Response) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, response.content)


def _read(reply: Reply) -> Document:
    document = _object(reply)
    if not document:
        told = "the answer is not a Taskyard gateway's; is the address right?"
        raise APIError(reply.status_code, "UnexpectedAnswer", told)
    return document


def _object(reply: Reply) -> Document:
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
