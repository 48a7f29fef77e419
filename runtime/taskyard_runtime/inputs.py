"""From the body of a submit, as it was stored, to the parts that arguments are made of."""

import json
import re
from pathlib import Path
from typing import Any, Protocol

import multipart

from taskyard._values.wire import FilePart, InvalidInput, JsonValue, Part, Parts, Problem, TextPart
from taskyard.api.runner import MAX_PART_HEADER_BYTES, MAX_PART_HEADERS, MAX_PARTS

_CHUNK_BYTES = 1 << 20
_MAX_NAME_BYTES = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_input(body: Path, content_type: str, directory: Path) -> dict[str, Parts]:
    """What was given for each argument, by name.

    Args:
        body: the file with the body.
        content_type: of the body; `multipart/form-data` with its boundary, or else it is JSON.
        directory: takes the files of a multipart body, each under its own name.

    Raises:
        InvalidInput: the body is not what its content type says.
    """
    kind, options = multipart.parse_options_header(content_type)
    if kind == "multipart/form-data":
        try:
            return _multipart(body, options.get("boundary", ""), directory)
        except multipart.MultipartError as error:
            raise _invalid(f"the body is no valid multipart/form-data: {error}") from None
    return {name: [JsonValue(value)] for name, value in _json(body).items()}


def _json(body: Path) -> dict[str, Any]:
    content = body.read_bytes()
    if not content.strip():
        return {}
    try:
        arguments = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"the body is no valid JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise _invalid("the body must be a JSON object with the arguments by name")
    return arguments


def _multipart(body: Path, boundary: str, directory: Path) -> dict[str, Parts]:
    found: dict[str, list[Part]] = {}
    parser = multipart.PushMultipartParser(
        boundary,
        content_length=body.stat().st_size,
        max_header_size=MAX_PART_HEADER_BYTES,
        max_header_count=MAX_PART_HEADERS,
        max_segment_count=MAX_PARTS,
    )
    with body.open("rb") as stream:
        sink: _Sink = _Text("")
        for number, event in enumerate(parser.parse_blocking(stream.read, _CHUNK_BYTES)):
            if isinstance(event, multipart.MultipartSegment):
                sink = _sink(event, directory / str(number))
            elif event is not None:
                sink.write(event)
            elif (part := sink.finish()) is not None:
                found.setdefault(sink.name, []).append(part)
    return dict(found)


class _Sink(Protocol):
    """Takes the content of one part; `finish` gives the part, or None for one that counts as none."""

    name: str

    def write(self, data: bytes) -> None: ...

    def finish(self) -> Part | None: ...


def _sink(segment: Any, folder: Path) -> _Sink:
    if segment.filename is None:
        return _Text(segment.name)
    # A folder for each file, so that two of the same name keep it.
    folder.mkdir(parents=True)
    return _File(segment.name, folder / _file_name(segment.filename), bool(segment.filename))


class _Text:
    def __init__(self, name: str) -> None:
        self.name = name
        self._content = bytearray()

    def write(self, data: bytes) -> None:
        self._content += data

    def finish(self) -> Part | None:
        try:
            return TextPart(self._content.decode())
        except UnicodeDecodeError:
            raise _invalid(f"part {self.name!r} has no file name and is not text") from None


class _File:
    def __init__(self, name: str, path: Path, named: bool) -> None:
        self.name = name
        self._path = path
        self._named = named
        self._stream = path.open("wb")

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def finish(self) -> Part | None:
        size = self._stream.tell()
        self._stream.close()
        # A form sends an empty name, and no content, for a file that nobody chose.
        return FilePart(self._path) if self._named or size else None


def _file_name(given: str) -> str:
    """The name that was given, without what could lead out of the folder or cannot be a name."""
    name = _CONTROL.sub("", given.replace("\\", "/")).rpartition("/")[2]
    if name.strip(". ") == "":
        return "file"
    stem, suffix = Path(name).stem, Path(name).suffix.encode()[:50].decode("utf-8", "ignore")
    room = _MAX_NAME_BYTES - len(suffix.encode())
    return stem.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + suffix


def _invalid(message: str) -> InvalidInput:
    return InvalidInput([Problem((), message)])
