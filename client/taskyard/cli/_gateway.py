"""What the commands ask a gateway for: the client's own requests, for all services of a gateway.

A client is for one service and makes values of answers; a command shows the gateway's documents as they
are, and takes results as bytes.
"""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from taskyard._client import _following as following
from taskyard._client._asking import Manners, answer
from taskyard._client._body import Body
from taskyard._client._commands import Flow, Open, Pause, Read, Send, Tell, Telling
from taskyard._client._digest import Digest
from taskyard._client._events import Event
from taskyard._client._options import Options
from taskyard._client._outcomes import Failure, Reply, Request, may_repeat
from taskyard._client._own_protocol import OwnRequests
from taskyard._client._pacing import MAX_TRIES
from taskyard._client._protocol import cancelled_in, schema_in, success
from taskyard._client._schema import OwnApi, TaskSchema
from taskyard._client._settings import Settings
from taskyard._client._sync_runner import SyncRunner
from taskyard._errors import APIConnectionError, APIError, NotFound

Document = dict[str, Any]
Query = Sequence[tuple[str, str]]

_PAGE = 100
"""Tasks asked for at a time: fewer than what a gateway takes for a page."""
_SILENCE = 86400.0
"""Seconds that a log which is followed may be silent: as long as a task that prints nothing."""


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is read piece by piece; `headers` are in lower case."""

    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Gateway:
    """The gateway at `url`. All of it raises `TaskyardError` where there is no answer, or an error."""

    def __init__(self, url: str, token: str | None, timeout: float = 30) -> None:
        self.url = url
        self._v1 = f"{url}/v1"
        self._requests = OwnRequests(OwnApi(self._v1, ""))
        self._manners = Manners(time.monotonic, random.random)
        settings = Settings(
            url=url,
            token=token,
            token_file=None,
            timeout=timeout,
            server_ready_timeout=0,
            headers={},
            verify=True,
            proxy=None,
            max_connections=10,
        )
        self._runner = SyncRunner(settings, None)

    def close(self) -> None:
        """Close the connections."""
        self._runner.close()

    def healthy(self) -> Reply:
        """The answer of a gateway that lives."""
        return self._ask(Request("GET", f"{self.url}/healthz", harmless=True))

    def server(self) -> Document:
        """What answers: its version, and the GPUs that there are; nothing of it where it is an older one."""
        try:
            return self._document(self._get("/server"))
        except NotFound:
            return {}

    def services(self) -> list[Document]:
        """The services there are."""
        return list(self._document(self._get("/services"))["items"])

    def service(self, name: str) -> Document:
        """One service, with the schemas of its tasks."""
        return self._document(self._get(f"/services/{quote(name, safe='')}"))

    def schema(self, service: str, task: str) -> TaskSchema:
        """What a task takes and gives.

        Raises:
            AttributeError: the service has no such task.
        """
        address = f"{self.url}/services/{quote(service, safe='')}/schema.json"
        reply = self._ask(Request("GET", address, harmless=True))
        return schema_in(reply, address).task(task)

    def submit(self, task: TaskSchema, body: Body, options: Options) -> Document:
        """A new task, or the one that the idempotency key has been used for."""
        return self._document(OwnRequests.of(task, "submit").submit(task, body, options))

    def task(self, task_id: str) -> Document:
        """One task."""
        return self._document(self._requests.task(task_id))

    def task_later(self, task_id: str, seconds: float, left: float | None) -> Document:
        """The same once it has ended, or after so many seconds; a restart of the gateway is waited for.

        Raises:
            WaitTimeout: that took longer than the seconds that are `left`; None for as long as it takes.
        """
        request, until = self._requests.task(task_id, seconds), self._manners.deadline(left)
        return _read(self._runner.run(self._manners.insist(request, until)))

    def tasks(self, query: Query, limit: int) -> Iterator[Document]:
        """The newest tasks that fit, at most `limit` of them."""
        cursor: str | None = None
        while limit > 0:
            place = [("cursor", cursor)] if cursor else []
            asked = urlencode([*query, ("limit", str(min(limit, _PAGE))), *place])
            page = self._document(self._get(f"/tasks?{asked}"))
            yield from page["items"][:limit]
            limit -= len(page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def cancel(self, task_id: str) -> Document:
        """Ask for the end of a task."""
        return self._document(self._about(task_id, "/cancel", "POST"))

    def cancel_many(self, query: Query) -> Iterator[str]:
        """Ask for the end of all tasks that fit: the ids of those that had not ended."""
        request = Request("POST", f"{self._v1}/tasks/cancel?{urlencode(query)}", harmless=True)
        more = True
        while more:
            ids, more = cancelled_in(self._ask(request))
            yield from ids

    def retry(self, task_id: str) -> Document:
        """A new task with the same input."""
        once = {"Idempotency-Key": Options().key()}
        return self._document(replace(self._about(task_id, "/retry", "POST"), headers=once))

    def delete(self, task_id: str) -> None:
        """Remove all that is left of a task that has ended."""
        self._ask(self._about(task_id, "", "DELETE"))

    def result(self, task_id: str) -> Download:
        """The result, as bytes."""
        return self._download(self._about(task_id, "/result"))

    def log(self, task_id: str, query: Query) -> Download:
        """The log of an attempt."""
        request = self._about(task_id, f"/logs?{urlencode(query)}")
        return self._download(replace(request, held=_SILENCE))

    def events(self, task_id: str, only: Sequence[str]) -> Iterator[Event]:
        """What becomes of a task from its beginning to its end, over lost connections."""
        return self._runner.tell(
            following.events(self._manners, self._requests, task_id, None, only)
        )

    def _get(self, path: str) -> Request:
        return Request("GET", f"{self._v1}{path}", harmless=True)

    def _about(self, task_id: str, more: str, method: str = "GET") -> Request:
        # A retry goes with a key: whatever there is may be asked for twice.
        path = f"{self._v1}/tasks/{quote(task_id, safe='')}{more}"
        return Request(method, path, harmless=True)

    def _document(self, request: Request) -> Document:
        return _read(self._ask(request))

    def _ask(self, request: Request) -> Reply:
        return success(self._runner.run(self._asked(request)))

    def _asked(self, request: Request) -> Flow[Reply]:
        """Ask again what the gateway refuses for the moment. That it is not there is told at once."""
        for tries in range(1, MAX_TRIES):
            outcome = yield Send(request)
            if isinstance(outcome, Failure) or not may_repeat(request, outcome):
                return answer(outcome)
            yield Pause(self._manners.backoff(tries, outcome))
        return answer((yield Send(request)))

    def _download(self, request: Request) -> Download:
        told = self._runner.tell(_opened(request))
        return Download(next(told), told)


def _opened(request: Request) -> Telling[Any]:
    """First the headers of an answer, then its body in pieces; an error where it is not what was stored."""
    headers = success(answer((yield Open(request)))).headers
    digest = Digest(headers.get("repr-digest", ""))
    yield Tell(headers)
    while isinstance(piece := (yield Read()), bytes):
        digest.update(piece)
        yield Tell(piece)
    if isinstance(piece, Failure):
        raise piece.error
    if wrong := digest.mismatch():
        raise APIConnectionError(f"it was damaged on its way: {wrong}; fetch it again")


def _read(reply: Reply) -> Document:
    try:
        document = json.loads(success(reply).body)
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    told = "the answer is not a Taskyard gateway's; is the address right?"
    raise APIError(reply.status_code, "UnexpectedAnswer", told)
