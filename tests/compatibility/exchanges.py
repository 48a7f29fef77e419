"""The same requests for two servers: what is asked, in the order in which it can be asked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.gateway.bodies import FORM, Part, form, picture

AGENT = "BentoML HTTP Client/1.4.40"
UNKNOWN = "0" * 32
_LONGEST = 100
"""So much of a body is compared."""
OF_STATUS = ("task_id", "status", "created_at", "executed_at")
ENDED = ("completed", "failed", "canceled")
ARGUMENTS: Mapping[str, Any] = {
    "add": {"a": 40}, "choose": {"style": "oil"}, "fail": {"message": "no such model"},
    "greet": {"name": "Ann"}, "nothing": {}, "order": {"order": {"title": "hill"}},
    "paint": {"width": 8}, "raw": {"text": "ÿa"}, "scale": {"array": [[1.0, 2.5]]},
    "sort": {"frame": [{"a": 2}, {"a": 1}]}, "deep/er/tell": {"about": "hills"},
    "when": {"moment": "2026-11-25T01:02:03", "key": "6f9619ff-8b86-4011-b42d-00c04fc964ff"},
    "wrong": {},
}  # fmt: skip


@dataclass
class Peer:
    """One of the servers, and the tasks that were submitted to it."""

    http: httpx.Client
    tasks: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, as a client of BentoML sends it."""
        headers = {"user-agent": AGENT} | options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)

    def submit(self, name: str, path: str, **options: Any) -> httpx.Response:
        """Submit a task, which is called `name` from now on where it is accepted."""
        answer = self.ask("POST", f"/{path}/submit", **options)
        if answer.status_code == 200:
            self.tasks[name] = answer.json()["task_id"]
        return answer

    def about(self, method: str, path: str, what: str, name: str) -> httpx.Response:
        """Ask about a task that was submitted."""
        return self.ask(method, f"/{path}/{what}", params={"task_id": self.tasks[name]})

    def ended(self, path: str, name: str) -> httpx.Response:
        """The status of a task once it has ended."""
        deadline = time.monotonic() + 60
        while (answer := self.about("GET", path, "status", name)).json()["status"] not in ENDED:
            assert time.monotonic() < deadline, f"{name} has not ended: {answer.text}"
            time.sleep(0.2)
        return answer


Ask = Callable[[Peer], httpx.Response]
Exchange = tuple[str, Ask]


def exchanges() -> Iterator[Exchange]:
    """All of them; those with a long task come last, as BentoML's server has one thread for tasks."""
    yield from _system()
    yield from _submits()
    yield from _refusals()
    yield from _files()
    yield from _direct_calls()
    yield from _ids()
    yield from _long_tasks()


def _system() -> Iterator[Exchange]:
    for path in ("readyz", "livez", "healthz", "docs.json", "nothing-there"):
        yield f"GET /{path}", _asked("GET", f"/{path}")
    yield "HEAD /readyz", _asked("HEAD", "/readyz")


def _submits() -> Iterator[Exchange]:
    for path, arguments in ARGUMENTS.items():
        yield f"submit {path}", _submitted(path, path, json=arguments)
        yield f"status of {path}", _ended(path, path)
        yield f"get {path}", _about("GET", path, "get", path)
    yield "GET /add/submit", _asked("GET", "/add/submit")
    yield "OPTIONS /add/submit", _asked("OPTIONS", "/add/submit")
    yield "submit to no task", _asked("POST", "/none/submit", json={})


def _refusals() -> Iterator[Exchange]:
    pickle, csv = "application/vnd.bentoml+pickle", "text/csv"
    inputs: list[tuple[str, str, dict[str, Any]]] = [
        ("broken JSON", "add", {"content": b"{oops"}),
        ("no object", "add", {"content": b"[1]"}),
        ("nothing where something is required", "add", {}),
        ("a field of the wrong type", "add", {"json": {"a": "many"}}),
        ("a number as text", "add", {"json": {"a": "5"}}),
        ("a field that nobody knows", "add", {"json": {"a": 1, "c": 2}}),
        ("a value out of bounds", "order", {"json": {"order": {"title": "x", "copies": 99}}}),
        (
            "JSON that says to be CSV",
            "add",
            {"content": b'{"a": 1}', "headers": {"content-type": csv}},
        ),
        ("a form", "add", {"data": {"a": "5"}}),
        ("a pickle", "add", {"content": b"x", "headers": {"content-type": pickle}}),
    ]
    for why, path, options in inputs:
        yield f"submit {why}", _submitted(why, path, **options)
        yield f"call {why}", _asked("POST", f"/{path}", **options)


def _files() -> Iterator[Exchange]:
    image = Part("picture", picture("PNG", (5, 3)), "a.png", "image/png")
    images = 2 * [Part("pictures", image.content, "a.png", "image/png")]
    broken = Part("picture", b"none", "a.png", "image/png")
    note, document = Part("note", b'"n"'), Part("document", b"hello", "a.txt")
    for name, path, body in [
        ("a file", "measure", form(note, document)),
        ("a picture", "grey", form(image)),
        ("pictures", "count", form(*images)),
        ("a broken picture", "grey", form(broken)),
        ("a form without its file", "measure", form(note)),
    ]:
        yield (
            f"submit {name}",
            _submitted(name, path, content=body, headers={"content-type": FORM}),
        )
    for name, path in [("a file", "measure"), ("a picture", "grey"), ("pictures", "count")]:
        yield f"status of {name}", _ended(path, name)
        yield f"get {name}", _about("GET", path, "get", name)


def _direct_calls() -> Iterator[Exchange]:
    for path in ("add", "nothing", "paint", "fail", "wrong"):
        yield f"call {path}", _asked("POST", f"/{path}", json=ARGUMENTS[path])
    yield "call export", _asked("POST", "/export", json={"text": "a,b"})
    yield "GET /add", _asked("GET", "/add")
    yield "call no task", _asked("POST", "/none", json={})


def _ids() -> Iterator[Exchange]:
    for method, verb in [("GET", "status"), ("GET", "get"), ("POST", "retry"), ("PUT", "cancel")]:
        yield f"{verb} an unknown id", _asked(method, f"/add/{verb}", params={"task_id": UNKNOWN})
        yield f"{verb} without an id", _asked(method, f"/add/{verb}")
    yield "HEAD of a status", _about("HEAD", "add", "status", "add")
    yield "DELETE of a status", _about("DELETE", "add", "status", "add")
    yield "get at another task's route", _about("GET", "greet", "get", "add")
    yield "retry a finished task", _about("POST", "add", "retry", "add")
    yield "retry a failed task", _about("POST", "fail", "retry", "fail")
    yield "cancel a finished task", _about("PUT", "add", "cancel", "add")


def _long_tasks() -> Iterator[Exchange]:
    """With a task that runs for an hour, and one that returns a file: BentoML's never ends."""
    yield "submit export", _submitted("export", "export", json={"text": "a,b"})
    yield "status of export", _settled("export")
    yield "get export", _about("GET", "export", "get", "export")
    yield "submit hold", _submitted("hold", "hold", json={"seconds": 3600})
    yield "status of a running task", _running_status
    yield "get a running task", _about("GET", "hold", "get", "hold")
    yield "retry a running task", _about("POST", "hold", "retry", "hold")
    yield "cancel a running task", _about("PUT", "hold", "cancel", "hold")
    yield "status of a cancelled task", _ended("hold", "hold")
    yield "get a cancelled task", _about("GET", "hold", "get", "hold")


def _asked(method: str, path: str, **options: Any) -> Ask:
    return lambda peer: peer.ask(method, path, **dict(options))


def _submitted(name: str, path: str, **options: Any) -> Ask:
    return lambda peer: peer.submit(name, path, **dict(options))


def _about(method: str, path: str, what: str, name: str) -> Ask:
    return lambda peer: peer.about(method, path, what, name)


def _ended(path: str, name: str) -> Ask:
    return lambda peer: peer.ended(path, name)


def _settled(name: str) -> Ask:
    def ask(peer: Peer) -> httpx.Response:
        deadline = time.monotonic() + 5
        while (answer := peer.about("GET", name, "status", name)).json()["status"] not in ENDED:
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return answer

    return ask


def _running_status(peer: Peer) -> httpx.Response:
    deadline = time.monotonic() + 60
    while (answer := peer.about("GET", "hold", "status", "hold")).json()["status"] == "pending":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def told(answer: httpx.Response) -> str:
    """An answer in a line, without what is different each time or everywhere.

    Of an error the sentence, whose shape is another everywhere; of a status what BentoML's has, and no
    word for a task that waits, which BentoML calls a running one.
    """
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        return str(answer.status_code)
    if kind == "application/json":
        return f"{answer.status_code} {_stable(_bare(answer.json()))}"
    if kind.startswith("text/"):
        return f"{answer.status_code} {_stable(answer.text)}".strip()
    return f"{answer.status_code} {kind}"


def _bare(body: Any) -> str:
    match body:
        case {"error": str(error)} | [{"error": str(error)}]:
            return error
        case {"task_id": _, "status": _}:
            body = {name: body[name] for name in OF_STATUS if name in body}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"pending"', '"in_progress"')


def _stable(text: str) -> str:
    text = re.sub(r"[0-9a-f]{32}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME", text)
    line = " ".join(text.replace("|", "/").replace("`", "'").split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
