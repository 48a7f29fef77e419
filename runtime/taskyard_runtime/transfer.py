"""Moves files to and from object storage by presigned URL, with the standard library alone.

A presigned URL is a secret: no message made here holds more of one than its host. On one machine the
objects may be files, and their URLs say so (`file:///…`).
"""

import hashlib
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from taskyard_runtime.sources import Beginning, Digesting, Source, opened

_CHUNK_BYTES = 1 << 20
_SILENCE = 30.0
"""Seconds without a byte after which a connection is given up."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_LONGEST_TAG = 128
"""Characters of an ETag that a report has room for; stores give half of that at most."""
_ERROR_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")
_EXPIRED = re.compile(rb"expired|not valid in the specified time frame", re.IGNORECASE)
"""In what S3, Google and Azure say of a URL, or of the credentials behind it, that was good once."""
_HAS_EXPIRED = (
    "the URL of the object has expired, or the credentials that signed it: "
    "storage.urlSeconds must be longer than an attempt takes"
)

_T = TypeVar("_T")


class TransferError(Exception):
    """A transfer failed for good; the message is a sentence without secrets."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was sent: `size` in bytes, `sha256` in hexadecimal; `e_tag` is what the store calls it."""

    size: int
    sha256: str
    e_tag: str | None = None


class _Again(Exception):
    """The store did not answer, or asks to come back later; the message says why."""


def download(url: str, target: Path, size: int, sha256: str, patience: float) -> None:
    """Fetch an object into the file `target`, and check it.

    Args:
        url: presigned for GET.
        target: the file to write.
        size: how many bytes the object must have.
        sha256: the digest it must have, in hexadecimal.
        patience: seconds after which a store that stays away is given up.

    Raises:
        TransferError: it cannot be had, or it is another object than it should be.
    """
    try:
        digest = _persist(lambda timeout: _get(url, target, size, timeout), url, patience)
    except OSError as error:
        raise TransferError(f"the pod's disk cannot take the object: {error.strerror}") from None
    if digest != sha256:
        raise TransferError(f"the object has SHA-256 {digest} instead of {sha256}")


def upload(url: str, source: Source, content_type: str, patience: float) -> Stored:
    """Send a file, or some bytes, to be an object.

    Args:
        url: presigned for PUT.
        source: what to send.
        content_type: of the object.
        patience: seconds after which a store that stays away is given up.

    Raises:
        TransferError: the store refuses, or stays away.
    """
    return _persist(lambda timeout: _put(url, source, content_type, timeout), url, patience)


def _persist(attempt: Callable[[float], _T], url: str, patience: float) -> _T:
    """Try until it works, is refused, or patience ends; exponential back-off with jitter.

    `attempt` gets the seconds that the store may be silent.
    """
    deadline = time.monotonic() + patience
    longest = _FIRST_PAUSE
    while True:
        try:
            return attempt(max(0.1, min(_SILENCE, deadline - time.monotonic())))
        except _Again as error:
            left = deadline - time.monotonic()
            pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, no secret
            if left <= 0:
                raise TransferError(
                    f"object storage at {_host(url)} stayed away for {patience:g} s: {error}"
                ) from None
        # Never past the deadline: a store that is back just then is asked once more.
        time.sleep(min(pause, left))
        longest = min(longest * 2, _LONGEST_PAUSE)


def _get(url: str, target: Path, size: int, timeout: float) -> str:
    """One attempt to fetch `size` bytes; returns their digest."""
    if (place := _file_at(url)) is not None:
        with opened(place) as (file, found), target.open("wb") as copy:
            if found != size:
                raise TransferError(f"the object has {found} bytes instead of {size}")
            body = Digesting(file, size)
            shutil.copyfileobj(body, copy, _CHUNK_BYTES)
        return body.digest.hexdigest()
    with _connected(url, timeout) as (connection, path), target.open("wb") as file:
        with _network():
            connection.request("GET", path)
            response = connection.getresponse()
        _check(response, url)
        declared = response.getheader("Content-Length")
        if declared not in (None, str(size)):
            raise TransferError(f"the object has {declared} bytes instead of {size}")
        digest, received = hashlib.sha256(), 0
        while received < size:
            with _network():
                chunk = response.read(min(_CHUNK_BYTES, size - received))
            if not chunk:
                raise _Again(f"the connection ended after {received} of {size} bytes")
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
    return digest.hexdigest()


def _put(url: str, source: Source, content_type: str, timeout: float) -> Stored:
    """One attempt to send `source`."""
    if (place := _file_at(url)) is not None:
        return _put_file(place, source)
    with opened(source) as (file, size), _connected(url, timeout) as (connection, path):
        body = Digesting(file, size if isinstance(source, Beginning) else None)
        headers = {"Content-Length": str(size), "Content-Type": content_type}
        with _network():
            # A store that refuses may hang up before it has read all; its answer says why.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("PUT", path, body, headers)
            response = connection.getresponse()
        _check(response, url)
        if body.size != size:
            raise TransferError("the file changed while it was sent")
    e_tag = response.getheader("ETag") or ""
    return Stored(size, body.digest.hexdigest(), e_tag if 0 < len(e_tag) <= _LONGEST_TAG else None)


def _put_file(path: Path, source: Source) -> Stored:
    """Make a file of `source`, all at once for whoever reads it."""
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened(source) as (file, size), new.open("wb") as copy:
            body = Digesting(file, size)
            shutil.copyfileobj(body, copy, _CHUNK_BYTES)
        new.replace(path)
    except OSError as error:
        raise TransferError(f"the disk cannot take the object: {error.strerror}") from None
    return Stored(body.size, body.digest.hexdigest())


def _file_at(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


@contextmanager
def _connected(url: str, timeout: float) -> Iterator[tuple[HTTPConnection, str]]:
    parts = urlsplit(url)
    kinds: dict[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise TransferError("the URL of the object is no http or https URL")
    kind = kinds[parts.scheme]
    connection = kind(parts.hostname, parts.port, timeout=timeout, blocksize=_CHUNK_BYTES)
    try:
        yield connection, (parts.path or "/") + (parts.query and f"?{parts.query}")
    finally:
        connection.close()


@contextmanager
def _network() -> Iterator[None]:
    """Make what can go wrong with a connection an _Again, and leave other errors alone."""
    try:
        yield
    except TimeoutError:
        raise _Again("it did not answer in time") from None
    except OSError as error:
        raise _Again(error.strerror or type(error).__name__) from None
    except HTTPException as error:
        # Not its text: that of an InvalidURL holds the URL.
        raise _Again(type(error).__name__) from None


def _check(response: HTTPResponse, url: str) -> None:
    """Raise where the answer is no success: _Again where a later try may do better."""
    if 200 <= response.status < 300:
        return
    with _network():
        body = response.read(4096)
    found = _ERROR_CODE.search(body)
    code = found[1].decode() if found else ""
    said = f"answered {response.status} {response.reason}{code and f' ({code})'}"
    if response.status in (408, 429) or response.status >= 500 or code == "RequestTimeout":
        raise _Again(f"it {said}")
    if response.status in (400, 401, 403) and _EXPIRED.search(body):
        said += f"; {_HAS_EXPIRED}"
    raise TransferError(f"object storage at {_host(url)} {said}")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
