"""A peer that speaks our own wire contract, so that the clients meet real sockets and real HTTP.

It keeps each run in memory, does nothing with it, and records every request. What it is to answer
next can be told in advance: that is how a test makes it ill for a moment.
"""

import hashlib
import io
import json
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from multipart import MultipartParser, parse_options_header

FILE = {"type": "file", "format": "binary"}
IMAGE = {"type": "file", "format": "image", "pil": True}
TEXT = {"type": "string"}


def route(
    name: str, output: Any, required: tuple[str, ...] = (), **properties: Any
) -> dict[str, Any]:
    """One task in the schema document."""
    arguments = {
        "type": "object",
        "title": "Input",
        "properties": properties,
        "required": list(required),
    }
    return {
        "name": name,
        "route": f"/{name}",
        "is_task": True,
        "input": arguments,
        "output": output,
    }


SCHEMA = {
    "name": "Studio",
    "type": "service",
    "routes": [
        route("paint", IMAGE, ("prompt",), prompt=TEXT, seed={"type": "integer", "default": 0}),
        route("describe", TEXT, ("image",), image=IMAGE, mood=TEXT),
        route("convert", FILE, ("doc",), doc=FILE),
        route("raw", {"type": "string", "format": "binary"}),
        route("count", {"type": "integer"}, ("words",), words={"type": "array", "items": TEXT}),
        route("close", {"type": "null"}),
        {**route("hello", TEXT), "is_task": False},
    ],
}


@dataclass
class Seen:
    """One request as it arrived. A large body is kept as its size and digest only.

    `client` is the other end of the connection.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    size: int
    sha256: str
    body: bytes
    client: Any

    @property
    def parts(self) -> dict[str, list[tuple[str | None, str, bytes]]]:
        """The multipart body: for each field its file names, content types and contents."""
        kind, options = parse_options_header(self.headers["content-type"])
        assert kind == "multipart/form-data"
        found = defaultdict(list)
        for part in MultipartParser(
            io.BytesIO(self.body),
            options["boundary"],
            strict=True,
            spool_limit=10**7,
            memory_limit=10**8,
        ):
            found[part.name].append((part.filename, part.content_type, part.raw))
        return found


@dataclass
class Run:
    """A run, and what its status and its result are to be; each status is told once, the last one always."""

    statuses: deque[dict[str, Any]] = field(default_factory=lambda: deque([{"status": "success"}]))
    result: Response = field(default_factory=lambda: Response("done", media_type="text/plain"))


class Peer:
    """The service at `url`, from `with` to its end; behind TLS with a certificate and its key.

    With `own` it has Taskyard's own API as well, as far as the tests here need it.
    """

    def __init__(
        self, prefix: str = "", port: int = 0, certificate: Path | None = None, own: bool = False
    ) -> None:
        self._schema = SCHEMA | ({"x-taskyard": {"service": "studio", "v1": "v1"}} if own else {})
        self._socket = socket.create_server(("127.0.0.1", port))
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}{prefix}"
        self.seen: list[Seen] = []
        self.runs: defaultdict[str, Run] = defaultdict(Run)
        self._next: defaultdict[str, deque[Response]] = defaultdict(deque)
        app = FastAPI(openapi_url=None)
        app.mount(prefix, self._app())
        config = uvicorn.Config(
            app, lifespan="off", ws="none", log_level="critical", ssl_certfile=certificate
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def answers(self, path: str, *responses: Response) -> None:
        """Answer the next requests to `path` with these, before all is well again."""
        self._next[path].extend(responses)

    def requests(self, path: str) -> list[Seen]:
        """The requests to `path` so far."""
        return [seen for seen in self.seen if seen.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
        async def answer(path: str, request: Request) -> Response:
            await self._record(f"/{path}", request)
            if self._next[f"/{path}"]:
                return self._next[f"/{path}"].popleft()
            return self._answer(path, request)

        return app

    async def _record(self, path: str, request: Request) -> None:
        digest, size, kept = hashlib.sha256(), 0, bytearray()
        async for chunk in request.stream():
            digest.update(chunk)
            size += len(chunk)
            if size < 10_000_000:
                kept += chunk
        query, headers = request.url.query, dict(request.headers)
        seen = Seen(
            request.method,
            path,
            query,
            headers,
            size,
            digest.hexdigest(),
            bytes(kept),
            request.client,
        )
        self.seen.append(seen)

    def _answer(self, path: str, request: Request) -> Response:
        if path == "schema.json":
            return JSONResponse(self._schema)
        if path.startswith("v1/"):
            return self._own_answer(path.split("/")[1:], request)
        verb = path.rpartition("/")[2]
        task_id = request.query_params.get("task_id", "")
        if verb in ("submit", "retry"):
            return JSONResponse({"task_id": f"run-{len(self.seen)}", "status": "pending"})
        if verb == "status":
            statuses = self.runs[task_id].statuses
            status = statuses.popleft() if len(statuses) > 1 else statuses[0]
            return JSONResponse(
                {"task_id": task_id, "created_at": "2026-11-24T05:17:41Z", **status}
            )
        if verb == "cancel":
            return JSONResponse({"task_id": task_id, "status": "cancelled"})
        return (
            self.runs[task_id].result if verb == "get" else Response("\n", media_type="text/plain")
        )

    def _own_answer(self, path: list[str], request: Request) -> Response:
        match path:
            case ["services", "studio"]:
                return JSONResponse({"name": "studio"})
            case ["services", "studio", "tasks", _] | ["tasks", _, "retry"]:
                return JSONResponse({"id": request.headers["idempotency-key"]}, 202)
            case ["tasks", "wait"]:
                ids = json.loads(self.seen[-1].body)["ids"]
                told = [{"id": task_id, **self.runs[task_id].statuses[0]} for task_id in ids]
                ended = [
                    one for one in told if one["status"] in ("success", "failure", "cancelled")
                ]
                return JSONResponse({"ended": ended, "pending": [], "unknown": []})
            case ["tasks", task_id, "result"]:
                return self.runs[task_id].result
            case ["tasks", task_id, *_]:
                statuses = self.runs[task_id].statuses
                status = statuses.popleft() if len(statuses) > 1 else statuses[0]
                return JSONResponse({"id": task_id, **status})
        return Response(status_code=404)


def error(status_code: int, reason: str, message: str, **more: Any) -> JSONResponse:
    """An error as the gateway tells it."""
    body = {"error": message, "reason": reason, "requestId": "req-1", **more}
    return JSONResponse(body, status_code)


def unavailable(status_code: int = 503, retry_after: str | None = None) -> Response:
    """What a proxy says for a service that is away."""
    headers = {"retry-after": retry_after} if retry_after else {}
    return Response("<html>away</html>", status_code, headers, "text/html")


@contextmanager
def cut_off() -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a request and hangs up without an answer: its URL, and what it read."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
