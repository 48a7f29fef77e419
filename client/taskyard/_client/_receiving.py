"""Takes answers in: into memory once, or into a file in the client's own temporary directory."""

import io
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, Self

import httpx

from taskyard._client._decoding import file_name
from taskyard._client._digest import Digest
from taskyard._client._outcomes import Failure, Outcome, Reply, Request
from taskyard._errors import APIConnectionError


class Receiver:
    """The body of one answer as it comes in; a file that did not come whole is removed.

    Args:
        path: The file to write, or None to keep the body in memory.
        digest: What the body must be.
    """

    def __init__(self, path: Path | None, digest: Digest) -> None:
        self.path = path
        self._digest = digest
        # getvalue() of a BytesIO hands out its own buffer: the body is in memory once, not twice.
        self._memory = io.BytesIO()
        self._out: BinaryIO = path.open("wb") if path else self._memory
        self._whole = False

    def write(self, chunk: bytes) -> None:
        """Take in the next piece."""
        self._out.write(chunk)
        self._digest.update(chunk)

    def reply(self, response: httpx.Response) -> Outcome:
        """The answer, now that its body has come to its end; a failure where it is not what was stored."""
        if wrong := self._digest.mismatch():
            where = str(response.url).partition("?")[0]
            told = f"the result from {where} was damaged on its way: {wrong}"
            return Failure(APIConnectionError(told), passing=True)
        self._whole = True
        if self.path:
            self._out.close()
        body = b"" if self.path else self._memory.getvalue()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body, self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()
        if self.path and not self._whole:
            self.path.unlink(missing_ok=True)


class Downloads:
    """The directory of results that are files. It goes when the client is closed or forgotten."""

    def __init__(self) -> None:
        self._root: Path | None = None

    def receiver(self, request: Request, response: httpx.Response) -> Receiver:
        """Where the body of `response` goes. Each file gets a directory, and so keeps its name."""
        digest = Digest(response.headers.get("repr-digest", ""))
        if not (request.to_file and response.is_success):
            return Receiver(None, digest)
        directory = tempfile.mkdtemp(dir=self._directory())
        return Receiver(
            Path(directory) / file_name(response.headers.get("content-disposition", "")), digest
        )

    def close(self) -> None:
        """Remove all of them."""
        root, self._root = self._root, None
        if root:
            shutil.rmtree(root, ignore_errors=True)

    def _directory(self) -> Path:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="taskyard-"))
            # Not TemporaryDirectory: that one warns when a client is forgotten instead of closed.
            weakref.finalize(self, _remove, self._root, os.getpid())
        return self._root


def _remove(root: Path, owner: int) -> None:
    """Remove a directory, unless this is a forked child that ends before its owner does."""
    if os.getpid() == owner:
        shutil.rmtree(root, ignore_errors=True)
