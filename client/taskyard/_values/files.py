"""Values that travel as bytes: `bytes`, files by their path, lists of files."""

import json
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from taskyard._values.wire import Encoded, FilePart, InvalidResult, JsonValue, Part, Parts, TextPart

BINARY = "application/octet-stream"


@dataclass(frozen=True)
class ContentType:
    """What a file is: `Annotated[Path, taskyard.ContentType("audio/mpeg")]`.

    A file of another type is refused as an argument, where its type is told; `audio/*` takes all of a
    family. As a result a file is of this type where its name does not tell another.
    """

    content_type: str


class FileKind(Protocol):
    """A kind of value that travels as a file. `decode` raises ValueError with what is wrong."""

    def schema(self) -> dict[str, Any]:
        """The JSON schema that stands for a value of this kind."""
        ...

    def decode(self, parts: Parts) -> Any:
        """The argument, from what was given for it (one part at least)."""
        ...

    def encode(self, value: Any) -> Encoded:
        """The result ready to be stored; raises InvalidResult where it is of another kind."""
        ...


class Bytes:
    """`bytes`: a file part, or a JSON string that stands for its UTF-8."""

    def schema(self) -> dict[str, Any]:
        """As JSON schema has it for binary content."""
        return {"type": "string", "format": "binary"}

    def decode(self, parts: Parts) -> bytes:
        """The content of the one part."""
        match only(parts):
            case FilePart(path):
                return path.read_bytes()
            case TextPart(text):
                return _string(text).encode()
            case JsonValue(str(text)):
                return text.encode()
            case _:
                raise ValueError("must be a file part, or a string")

    def encode(self, value: Any) -> Encoded:
        """The bytes as they are."""
        if not isinstance(value, bytes | bytearray | memoryview):
            raise mismatch(value, "bytes")
        return Encoded(bytes(value), BINARY)


def _string(text: str) -> str:
    """What a text part says: clients send a string as JSON, and other programs as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


class File:
    """`pathlib.Path`: a file part, handed over as a file of its own name in the work directory.

    Args:
        content_type: what it must be, perhaps with `*` for a part of it; None allows any.
    """

    def __init__(self, content_type: str | None = None) -> None:
        self._content_type = content_type

    def schema(self) -> dict[str, Any]:
        """BentoML's form for a file."""
        if self._content_type is None:
            return {"type": "file", "format": "binary"}
        family = self._content_type.partition("/")[0]
        return {"type": "file", "format": family, "content_type": self._content_type}

    def decode(self, parts: Parts) -> Path:
        """The path of the one file."""
        return file_of(only(parts))

    def encode(self, value: Any) -> Encoded:
        """The file that the path leads to; its name is kept, and tells the content type."""
        if not isinstance(value, Path):
            raise mismatch(value, "pathlib.Path")
        path = value.absolute()
        if not path.is_file():
            raise InvalidResult(f"the task returned the path {value}, and no file is there")
        content_type, encoding = mimetypes.guess_type(path.name)
        # A type guessed for `x.tar.gz` is that of the archive inside, and not what is sent.
        return Encoded(path, (not encoding and content_type) or self._otherwise(), path.name)

    def _otherwise(self) -> str:
        own = self._content_type
        return own if own is not None and "*" not in own else BINARY


class ListOf:
    """A list of files or images: the part repeated, in the order given. Not a result."""

    def __init__(self, kind: FileKind) -> None:
        self._kind = kind

    def schema(self) -> dict[str, Any]:
        """An array of what the items are."""
        return {"type": "array", "items": self._kind.schema()}

    def decode(self, parts: Parts) -> list[Any]:
        """One item for each part; the text `[]` is the empty list."""
        match parts:
            case [JsonValue([])] | [TextPart("[]" | "")]:
                return []
        return [self._kind.decode([part]) for part in parts]

    def encode(self, value: Any) -> Encoded:
        """Never: a list of files is refused as a return annotation."""
        raise InvalidResult("a list of files cannot be a result")


def file_kind(bare: Any, metadata: Sequence[Any]) -> File | None:
    """The file that a type means, with what `Annotated` says beside it; None for any other."""
    if bare is not Path:
        return None
    return File(next((e.content_type for e in metadata if isinstance(e, ContentType)), None))


def only(parts: Parts) -> Part:
    """The one part; raises ValueError where there are more."""
    if len(parts) > 1:
        raise ValueError(f"was given {len(parts)} times")
    return parts[0]


def file_of(part: Part) -> Path:
    """The path of a file part; raises ValueError for any other."""
    if isinstance(part, FilePart):
        return part.path
    raise ValueError("must be a file part of a multipart/form-data body, with a file name")


def mismatch(value: Any, wanted: str) -> InvalidResult:
    """What to say of a result of the wrong type."""
    return InvalidResult(
        f"the task returned {type(value).__qualname__}, and its return annotation says {wanted}"
    )
