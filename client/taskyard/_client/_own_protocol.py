"""Taskyard's own API, `/v1`: which request asks for what. Errors and statuses are read in `_protocol`."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from taskyard._client._outcomes import Request
from taskyard._client._schema import OwnApi, ServiceSchema, TaskSchema
from taskyard._errors import Unsupported

_SILENCE = 30.0
"""Seconds in which a stream says something, if only that there is nothing to tell."""


class OwnRequests:
    """Builds the requests for the own API at `own`."""

    def __init__(self, own: OwnApi) -> None:
        self._own = own

    @classmethod
    def of(cls, known: ServiceSchema | TaskSchema, what: str) -> "OwnRequests":
        """Those for a service, or for that of a task; `what` is what they are needed for.

        Raises:
            Unsupported: its server has no such API.
        """
        if known.own is None:
            raise Unsupported(
                f"the server of {known.name!r} has no API of Taskyard's own (/v1), "
                f"which {what} needs: it is BentoML's own server, or an older gateway"
            )
        return cls(known.own)

    def task(self, task_id: str) -> Request:
        """All about a task run."""
        return Request("GET", self._about(task_id), harmless=True)

    def events(self, task_id: str, after: str | None, only: Sequence[str]) -> Request:
        """What becomes of it, from the event `after` on; of some kinds only, if any are given."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
        url = self._about(task_id, "/events", only=",".join(only) or None)
        return Request("GET", url, harmless=True, headers=headers, held=_SILENCE)

    def log(self, task_id: str, attempt: int | None, tail: int | None) -> Request:
        """What an attempt has printed so far."""
        url = self._about(task_id, "/logs", attempt=attempt, tail=tail)
        return Request("GET", url, harmless=True)

    def _about(self, task_id: str, more: str = "", **query: str | float | None) -> str:
        return _url(f"{self._own.url}/tasks/{quote(task_id, safe='')}{more}", query)


def _url(address: str, query: dict[str, str | float | None]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{address}?{urlencode(given)}" if given else address
