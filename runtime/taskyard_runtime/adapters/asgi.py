"""One request and one response of ASGI, without a server: the request is a file, the response becomes one."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20
_SHOWN_BYTES = 500

Message = MutableMapping[str, Any]


def http_scope(path: str, content_type: str, body: Path) -> dict[str, Any]:
    """The scope of a POST to this path with this body."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"content-type", content_type.encode("latin-1", "replace")),
            (b"content-length", str(body.stat().st_size).encode()),
        ],
        "client": None,
        "server": ("localhost", 3000),
        "state": {},
    }


def body_of(path: Path) -> Callable[[], Awaitable[Message]]:
    """What an application receives: the content of the file, piece by piece."""
    stream = path.open("rb")

    async def receive() -> Message:
        if stream.closed:
            return {"type": "http.disconnect"}
        chunk = stream.read(_CHUNK_BYTES)
        if not chunk:
            stream.close()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    return receive


class Answer:
    """What an application has answered; its body is in a file.

    Args:
        path: takes the body, unless the application names a file that holds it.
        file_name: the name that the body has, where it is a file.
    """

    def __init__(self, path: Path, file_name: str | None = None) -> None:
        self.content = path
        self.file_name = file_name
        self.status_code = 200
        self.content_type = "application/octet-stream"
        self.headers: list[tuple[str, str]] = []

    async def take_from(self, application: Callable[..., Awaitable[None]]) -> None:
        """Run an application, such as a response of Starlette, and take what it sends."""
        # With this extension a file is handed over by its path, and not read.
        extensions: dict[str, Any] = {"http.response.pathsend": {}}
        scope = {"type": "http", "method": "GET", "headers": [], "extensions": extensions}
        with self.content.open("wb") as stream:

            async def send(message: Message) -> None:
                match message["type"]:
                    case "http.response.start":
                        self._begin(message)
                    case "http.response.body":
                        stream.write(message.get("body", b""))
                    case "http.response.pathsend":
                        self.content = Path(message["path"])

            await application(scope, _nothing, send)

    def beginning(self) -> str:
        """The first of the body, as text, for people."""
        with self.content.open("rb") as stream:
            return stream.read(_SHOWN_BYTES).decode("utf-8", "replace")

    def _begin(self, message: Message) -> None:
        self.status_code = message["status"]
        for raw_name, raw_value in message.get("headers", ()):
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name == "content-type":
                self.content_type = value
            else:
                self.headers.append((name, value))


async def _nothing() -> Message:
    """Wait for ever: whoever asks wants to hear of a client that goes away, and none does."""
    never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await never
