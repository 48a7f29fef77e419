"""Carries a conversation out with blocking I/O."""

import threading
import time
from typing import TypeVar

import httpx

from taskyard._client._conversation import Conversation, Flow, Pause, Send
from taskyard._client._http import Connection, failure
from taskyard._client._outcomes import Outcome
from taskyard._client._receiving import Downloads
from taskyard._client._schema import ServiceSchema

T = TypeVar("T")


class SyncRunner:
    """Runs the flows of `conversation`. Threads may share it."""

    def __init__(
        self,
        conversation: Conversation,
        connection: Connection,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self.conversation = conversation
        self._connection = connection
        self._http = httpx.Client(transport=transport, **connection.options())
        self._downloads = Downloads()
        self._schema: ServiceSchema | None = None
        self._schema_lock = threading.Lock()

    def schema(self) -> ServiceSchema:
        """The service's tasks, asked for once."""
        with self._schema_lock:
            if self._schema is None:
                self._schema = self.run(self.conversation.schema())
            return self._schema

    def run(self, flow: Flow[T]) -> T:
        """Do what `flow` says until it has its answer."""
        outcome: Outcome | None = None
        while True:
            try:
                command = flow.send(outcome)
            except StopIteration as end:
                answer: T = end.value
                return answer
            outcome = self._obey(command)

    def close(self) -> None:
        """Close connections and remove downloaded files."""
        self._http.close()
        self._downloads.close()

    def _obey(self, command: Send | Pause) -> Outcome | None:
        if isinstance(command, Send):
            return self._send(command)
        time.sleep(command.seconds)
        return None

    def _send(self, command: Send) -> Outcome:
        request = command.request
        options = self._connection.request_options(request, command.within)
        try:
            with (
                self._http.stream(content=request.body, **options) as response,
                self._downloads.receiver(request, response) as receiver,
            ):
                for chunk in response.iter_bytes():
                    receiver.write(chunk)
                return receiver.reply(response)
        except httpx.HTTPError as error:
            return failure(request, error)
