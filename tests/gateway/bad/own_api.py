# ruff: noqa: E501 - tables, in which a case is a line
"""What the gateway's own API, /v1, cannot serve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .fields import FIELDS
from .forms import FORMS
from .json_bodies import BODIES
from .pictures import PICTURES
from .questions import UNKNOWN_ID
from .request import NOT_FOUND, WRONG_METHOD, WRONG_TYPE, Bad, asked

_JSON = {"content-type": "application/json"}
GOOD = b'{"prompt": "a hill"}'


def optional(
    what: str, query: str, says: str, *fields: str, headers: dict[str, str] | None = None
) -> Bad:
    """A submit whose arguments would do, with an option that does not."""
    path = f"/v1/services/studio/tasks/paint?{query}"
    return Bad(f"below /v1 {what}", says, fields, path=path, content=GOOD, headers=headers or {})


def listed(what: str, path: str, says: str, *fields: str, method: str = "GET", **more: Any) -> Bad:
    """A question about many tasks."""
    return asked(f"below /v1 {what}", f"/v1/tasks{path}", says, method, fields=fields, **more)


QUESTIONS_BELOW_V1 = [
    *(asked(f"{what} of a task that nobody has, below /v1", f"/v1/tasks/{UNKNOWN_ID}{path}", "task_id not found", **NOT_FOUND) for what, path in [("the document", ""), ("the log", "/logs"), ("the events", "/events"), ("the outputs", "/outputs")]),
    asked("below /v1 an id that leads elsewhere", "/v1/tasks/..%2f..%2fx", "", **NOT_FOUND),
    asked("below /v1 an id with a null byte", "/v1/tasks/a%00b", "task_id not found", **NOT_FOUND),
    asked("below /v1 an id of very many characters", f"/v1/tasks/{'a' * 5000}", "task_id not found", **NOT_FOUND),
    asked("below /v1 an attempt that is no number", f"/v1/tasks/{UNKNOWN_ID}/logs?attempt=first", "attempt: give a whole number", fields=("attempt",)),
    asked("below /v1 an attempt of very many digits", f"/v1/tasks/{UNKNOWN_ID}/outputs?attempt={'9' * 5000}", "attempt: give a whole number", fields=("attempt",)),
    asked("below /v1 a tail that is negative", f"/v1/tasks/{UNKNOWN_ID}/logs?tail=-1", "tail: give a whole number", fields=("tail",)),
    asked("below /v1 a switch that is none", f"/v1/tasks/{UNKNOWN_ID}/logs?follow=maybe", "follow: give true or false", fields=("follow",)),
    asked("below /v1 events that are none", f"/v1/tasks/{UNKNOWN_ID}/events?only=gossip", "only: 'gossip' is none of", fields=("only",)),
    asked("below /v1 a position that is none", f"/v1/tasks/{UNKNOWN_ID}/events", "Last-Event-ID: ", headers={"last-event-id": "x" * 2000}, fields=("Last-Event-ID",)),
    asked("below /v1 a service that does not exist", "/v1/services/nope", "there are: studio, workshop", **NOT_FOUND),
    asked("below /v1 a service that leads elsewhere", "/v1/services/..%2fx", "", **NOT_FOUND),
    asked("below /v1 nothing of that name", f"/v1/tasks/{UNKNOWN_ID}/secrets", "There is nothing at", **NOT_FOUND),
    asked("below /v1 a log by the wrong method", f"/v1/tasks/{UNKNOWN_ID}/logs", "takes GET, and not PATCH", "PATCH", **WRONG_METHOD),
]  # fmt: skip

OPTIONS = [
    optional("an option that is unknown", "urgent=1", "urgent", "urgent"),
    optional("a priority that is a word", "priority=high", "priority", "priority"),
    optional("a priority beyond all", "priority=99999999999", "priority", "priority"),
    optional("a label without a value", "label=team", "label", "label"),
    optional("a label of ours", "label=taskyard.dev/service=x", "label", "label"),
    optional("a label that is none", "label=a%0ab=c", "label", "label"),
    optional("a label of many characters", f"label=a={'b' * 100}", "label", "label"),
    optional("very many labels", "&".join(f"label=l{number}=x" for number in range(200)), "label", "label"),
    optional("a deadline that is a word", "runDeadline=soon", "runDeadline", "runDeadline"),
    optional("a deadline in the past", "queueDeadline=-1", "queueDeadline", "queueDeadline"),
    optional("a deadline that is no number", "startDeadline=nan", "startDeadline", "startDeadline"),
    optional("a callback that is no address", "callback=here", "callback", "callback"),
    optional("a callback into the gateway's own machine", "callback=http://127.0.0.1:6443/", "callback", "callback"),
    optional("a callback into a file", "callback=file:///etc/passwd", "callback", "callback"),
    optional("a key without a character", "", "Idempotency-Key", "Idempotency-Key", headers={"idempotency-key": ""}),
    optional("a key of many characters", "", "Idempotency-Key", "Idempotency-Key", headers={"idempotency-key": "k" * 300}),
]  # fmt: skip

LISTS = [
    listed("a filter that is unknown", "?colour=red", "colour", "colour"),
    listed("a phase that is none", "?phase=Done", "phase", "phase"),
    listed("a limit that is none", "?limit=0", "limit", "limit"),
    listed("a limit beyond all", "?limit=1000000", "limit", "limit"),
    listed("a cursor that nobody gave", "?cursor=..%2F..%2Fx", "cursor", "cursor"),
    listed("a time that is none", "?createdAfter=yesterday", "createdAfter", "createdAfter"),
    listed("a label to look for that is none", "?label=,,,", "label", "label"),
    listed("all to be cancelled", "/cancel", "by at least one of service, task, phase", method="POST"),
    listed("ids to be waited for that are none", "/wait", "", "ids", method="POST", content=b'{"ids": "x"}', headers=_JSON),
    listed("ids that are a form", "/wait", "send the ids as application/json", method="POST", content=b"ids=x", **WRONG_TYPE),
    listed("no ids to be waited for", "/wait", "", method="POST", content=b"[]", headers=_JSON),
    listed("very many ids to be waited for", "/wait", "", "ids", method="POST", content=b'{"ids": [' + b'"a",' * 9999 + b'"a"]}', headers=_JSON),
    listed("a wait for no time that is one", f"/{UNKNOWN_ID}?wait=nan", "wait", "wait"),
    listed("a wait that is negative", f"/{UNKNOWN_ID}/result?wait=-1", "wait", "wait"),
    listed("a task to be deleted that nobody has", f"/{UNKNOWN_ID}", "task_id not found", method="DELETE", **NOT_FOUND),
    listed("a task to be cancelled that nobody has", f"/{UNKNOWN_ID}/cancel", "task_id not found", method="POST", **NOT_FOUND),
    listed("a task to be retried that nobody has", f"/{UNKNOWN_ID}/retry", "task_id not found", method="POST", **NOT_FOUND),
]  # fmt: skip

BODIES_BELOW_V1 = [
    replace(
        bad,
        what=f"below /v1 {bad.what}",
        path=f"/v1/services/studio/tasks/{bad.path.split('/')[1]}",
    )
    for bad in (*FIELDS, *BODIES, *FORMS, *PICTURES)
]
"""What is wrong with the input of a task is so here too."""

OWN_API = [*QUESTIONS_BELOW_V1, *OPTIONS, *LISTS, *BODIES_BELOW_V1]
