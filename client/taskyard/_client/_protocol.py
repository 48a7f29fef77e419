"""The wire contract: which request asks for what, and what the answers mean."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from taskyard import _errors as errors
from taskyard._client._body import Body
from taskyard._client._decoding import Kind, kind_of
from taskyard._client._options import NO_OPTIONS, Options
from taskyard._client._outcomes import Reply, Request
from taskyard._client._schema import ServiceSchema, TaskSchema, read_schema
from taskyard._client._status import TaskStatus, read_status


class Requests:
    """Builds the requests for the service at `url`, which may have a path of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(
                f"{url!r} is no address of a service: it must begin with http:// or https://"
            )
        if parts.query or parts.fragment:
            raise ValueError(f"{url!r} is no address of a service: leave out what follows the path")
        self.base = url.rstrip("/")

    def ready(self) -> Request:
        """Whether the service takes tasks."""
        return Request("GET", f"{self.base}/readyz", harmless=True)

    def schema(self) -> Request:
        """What tasks there are."""
        return Request("GET", f"{self.base}/schema.json", harmless=True)

    def submit(self, task: TaskSchema, body: Body, options: Options) -> Request:
        """A new task run. Sent twice it would run twice.

        Raises:
            Unsupported: there are options, of which this protocol knows none.
        """
        if options != NO_OPTIONS:
            raise unsupported(task.name, "options() needs")
        return Request("POST", f"{self.base}{task.route}/submit", body)

    def status(self, task: TaskSchema, task_id: str, wait: float = 0.0) -> Request:
        """How far it has come. That is told at once, whatever `wait` says."""
        return Request("GET", self._about(task, "status", task_id), harmless=True)

    def result(self, task: TaskSchema, task_id: str) -> Request:
        """What it returned."""
        url = self._about(task, "get", task_id)
        return Request("GET", url, harmless=True, to_file=is_file(task))

    def retry(self, task: TaskSchema, task_id: str) -> Request:
        """A new task run with the same input."""
        return Request("POST", self._about(task, "retry", task_id))

    def cancel(self, task: TaskSchema, task_id: str) -> Request:
        """Its end. Asking twice ends it once."""
        return Request("PUT", self._about(task, "cancel", task_id), harmless=True)

    def _about(self, task: TaskSchema, verb: str, task_id: str) -> str:
        return f"{self.base}{task.route}/{verb}?{urlencode({'task_id': task_id})}"


def is_file(task: TaskSchema) -> bool:
    """Whether what a task returns belongs into a file."""
    return kind_of(task.output) is Kind.FILE


def unsupported(name: str, needed: str) -> errors.Unsupported:
    """The error where a server speaks BentoML's protocol only."""
    return errors.Unsupported(
        f"the server of {name!r} has no API of Taskyard's own (/v1), which {needed}: "
        "it is BentoML's own server, or an older gateway"
    )


def schema_in(reply: Reply, address: str) -> ServiceSchema:
    """The service's tasks, told at `address`."""
    try:
        return read_schema(success(reply).body, address)
    except ValueError as error:
        raise _not_understood(reply, f"no schema document ({error})") from error


def task_id_in(reply: Reply) -> str:
    """The id of the task run that was begun."""
    answer = _object(success(reply))
    task_id = answer.get("task_id") or answer.get("id")
    if isinstance(task_id, str):
        return task_id
    raise _not_understood(reply, "no task_id")


def status_in(reply: Reply) -> TaskStatus:
    """How far a task run has come."""
    try:
        return read_status(_object(success(reply)))
    except (AttributeError, TypeError, ValueError) as error:
        raise _not_understood(reply, f"no status ({error})") from error


def page_in(reply: Reply) -> tuple[list[TaskStatus], str | None]:
    """A page of a list, and where the next one begins."""
    answer = _object(success(reply))
    try:
        return list(map(read_status, answer["items"])), answer.get("next")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_understood(reply, f"no list ({error})") from error


def ended_in(reply: Reply) -> dict[str, TaskStatus | None]:
    """How tasks have ended, by their ids; None for those that are not known."""
    answer = _object(success(reply))
    try:
        unknown = {one["id"]: None for one in answer["unknown"]}
        return {one["id"]: read_status(one) for one in answer["ended"]} | unknown
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _not_understood(reply, f"no end ({error})") from error


def check_events(reply: Reply) -> None:
    """Make sure that the answer is a stream of events: a page of a proxy tells of no end, however often."""
    told = reply.headers.get("content-type", "")
    if told.partition(";")[0].strip().lower() != "text/event-stream":
        raise _not_understood(reply, f"no events, but {told or 'something without a type'}")


def cancelled_in(reply: Reply) -> tuple[list[str], bool]:
    """Which tasks were asked to end, and whether to ask again: there were more than are taken at once."""
    answer = _object(success(reply))
    try:
        ids = list(map(str, answer["ids"]))
        # Where more fit, but none of them was asked, it would be the same again.
        return ids, bool(answer["more"] and ids)
    except (KeyError, TypeError) as error:
        raise _not_understood(reply, f"no cancelled tasks ({error})") from error


def task_in(reply: Reply, service: ServiceSchema) -> TaskSchema:
    """Of which task of the service the run is that is told of.

    Raises:
        NotFound: it is one of another service.
    """
    told = _object(success(reply))
    if service.own and told.get("service") != service.own.service:
        message = (
            f"task {told.get('id')} is one of the service {told.get('service')!r}, "
            f"and this client is for {service.own.service!r}"
        )
        raise errors.NotFound(404, "NotFound", message, task_id=told.get("id"))
    return service.past_task(str(told.get("task")))


def error_in(reply: Reply) -> errors.APIError:
    """The error that an answer tells of, in the class that fits; bodies of proxies are no JSON."""
    told = _told(_object(reply))
    detail = told.get("detail")
    return _error_class(reply.status_code, told)(
        reply.status_code,
        str(told.get("reason") or ""),
        str(told.get("message") or _first_line(reply)),
        [item for item in detail if isinstance(item, dict)] if isinstance(detail, list) else (),
        told.get("taskId"),
        told.get("requestId") or reply.headers.get("x-request-id"),
    )


def _told(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An error in the words of Taskyard's own API, also where it is told as BentoML does."""
    error = answer.get("error")
    if isinstance(error, dict):
        return error
    return {**answer, "message": error, "taskId": answer.get("task_id")}


def _error_class(status_code: int, told: Mapping[str, Any]) -> type[errors.APIError]:
    reason = told.get("reason")
    if told.get("phase") == "Failed" or (status_code == 409 and reason == "Cancelled"):
        return errors.TaskFailed
    if status_code in (400, 409) and reason == "NotReady":
        return errors.TaskNotFinished
    if status_code in (400, 413, 415, 422):
        return errors.InvalidArgument
    if status_code in (404, 410):
        return errors.NotFound
    return errors.ServerError if status_code >= 500 else errors.APIError


def success(reply: Reply) -> Reply:
    """The answer itself, if the server did as asked; else the error that it tells of is raised."""
    if not reply.ok:
        raise error_in(reply)
    return reply


def _object(reply: Reply) -> Mapping[str, Any]:
    """The JSON object in the body; empty where there is none."""
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _not_understood(reply: Reply, lack: str) -> errors.APIError:
    message = f"the answer is not a Taskyard service's: it holds {lack}; is the address right?"
    return errors.APIError(reply.status_code, "UnexpectedAnswer", message)


def _first_line(reply: Reply) -> str:
    text = reply.body[:2000].decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else text.partition("\n")[0][:300]
