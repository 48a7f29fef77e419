"""Carries conversations out with blocking I/O."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

from taskyard._client._commands import (
    AT_ONCE,
    Flow,
    Open,
    Pause,
    Read,
    Send,
    Tell,
    Telling,
    Together,
    Work,
)
from taskyard._client._conversation import Conversation
from taskyard._client._http import client_options, failure, request_options
from taskyard._client._outcomes import Failure, Outcome, Reply, Request
from taskyard._client._per_process import PerProcess
from taskyard._client._protocol import Requests
from taskyard._client._receiving import Downloads
from taskyard._client._schema import ServiceSchema
from taskyard._client._settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class _Own:
    """What each process has for itself."""

    http: httpx.Client
    downloads: Downloads
    schema_lock: threading.Lock
    work_lock: threading.Lock


class SyncRunner:
    """Runs conversations. Threads may share it, and it may be pickled and survives a fork."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None) -> None:
        self.settings = settings
        self.conversation = Conversation(
            Requests(settings.url), settings.ready_timeout, time.monotonic, random.random
        )
        self._transport = transport
        self._schema: ServiceSchema | None = None
        options = client_options(settings)
        self._own = PerProcess(
            lambda: _Own(
                httpx.Client(transport=transport, **options),
                Downloads(),
                threading.Lock(),
                threading.Lock(),
            )
        )

    def schema(self) -> ServiceSchema:
        """The service's tasks, asked for once."""
        with self._own().schema_lock:
            if self._schema is None:
                self._schema = self.run(self.conversation.schema())
            return self._schema

    def run(self, flow: Flow[T]) -> T:
        """Do what `flow` says until it has its answer."""
        answer: Any = None
        while True:
            try:
                command = flow.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = self._obey(command)

    def tell(self, telling: Telling[T]) -> Iterator[T]:
        """Do what `telling` says, and hand on what it tells."""
        with closing(telling), _Line(self) as line:
            answer: Any = None
            while True:
                try:
                    command = telling.send(answer)
                except StopIteration:
                    return
                match command:
                    case Tell(item):
                        yield item
                        answer = None
                    case Open(request):
                        answer = line.open(request)
                    case Read():
                        answer = line.read()
                    case _:
                        answer = self._obey(command)

    def close(self) -> None:
        """Close connections and remove downloaded files."""
        own = self._own.made
        if own:
            own.http.close()
            own.downloads.close()

    def stream(self, request: Request) -> httpx.Response:
        """Send a request, and leave the body of the answer to be read."""
        http, options = self._own().http, request_options(self.settings, request, None)
        return http.send(http.build_request(content=request.body, **options), stream=True)

    def _obey(self, command: Send | Pause | Work | Together) -> Any:
        match command:
            case Send():
                return self._send(command)
            case Pause(seconds):
                return time.sleep(seconds)
            case Work(do):
                with self._own().work_lock:
                    return do()
            case Together(flows):
                return self._together(flows)

    def _together(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        if len(flows) < 2:
            return list(map(self._settle, flows))
        with ThreadPoolExecutor(min(AT_ONCE, len(flows))) as threads:
            try:
                return list(threads.map(self._settle, flows))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)  # who interrupts does not wait
                raise

    def _settle(self, flow: Flow[Any]) -> Any:
        try:
            return self.run(flow)
        except Exception as error:
            return error

    def _send(self, command: Send) -> Outcome:
        request, own = command.request, self._own()
        options = request_options(self.settings, request, command.within)
        try:
            with (
                own.http.stream(content=request.body, **options) as response,
                own.downloads.receiver(request, response) as receiver,
            ):
                for chunk in response.iter_bytes():
                    receiver.write(chunk)
                return receiver.reply(response)
        except httpx.HTTPError as error:
            return failure(request, error)

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        self.settings.check_picklable()
        return type(self), (self.settings, self._transport)


class _Line:
    """The one answer that is being read, from `Open` to the next one or to the end."""

    def __init__(self, runner: SyncRunner) -> None:
        self._runner = runner
        self._request: Request | None = None
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())

    def open(self, request: Request) -> Outcome:
        """Send a request; the body of a success is left to `read`."""
        self.close()
        self._request = request
        try:
            self._response = self._runner.stream(request)
            self._chunks = self._response.iter_bytes()
            success = self._response.is_success
            body = b"" if success else b"".join(self._chunks)
        except httpx.HTTPError as error:
            return failure(request, error)
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Reply(self._response.status_code, headers, body)

    def read(self) -> bytes | Failure | None:
        """The next piece, None at the end."""
        if self._request is None:
            return None
        try:
            return next(self._chunks, None)
        except httpx.HTTPError as error:
            return failure(self._request, error)

    def close(self) -> None:
        """Read no more of it."""
        if self._response:
            self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
