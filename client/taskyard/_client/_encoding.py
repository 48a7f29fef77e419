"""Arguments to a request body, driven by the schema: JSON, multipart if there are files, or one value."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from taskyard._client._body import Body, Source
from taskyard._client._files import UNKNOWN_TYPE, FilePart, file_part, is_file
from taskyard._client._schema import Schema, TaskSchema, branches_of, holds_files
from taskyard._values.tables import to_plain

Field = tuple[str, bytes | FilePart]
"""An argument's name with its JSON, or with a file; a list of files gives one field for each."""


def encode(task: TaskSchema, arguments: Mapping[str, Any]) -> Body:
    """The body for a call of `task` with `arguments` by name.

    Nothing is sent yet, but files are looked at: those that are missing are complained about now.

    Raises:
        TypeError: a value is of a kind that cannot be sent; the message names the argument.
        OSError: a file cannot be read.
    """
    schemas = {parameter.name: parameter.schema for parameter in task.parameters}
    fields = [
        field
        for name, value in arguments.items()
        for field in _fields(name, value, schemas.get(name, {}))
    ]
    if task.takes_one:
        return _alone(task.name, fields, as_text=_is_text(task.parameters[0].schema))
    if any(isinstance(content, FilePart) for _, content in fields):
        return _multipart(fields)
    pairs = [
        _json(name, name) + b":" + content for name, content in fields if isinstance(content, bytes)
    ]
    return Body("application/json", (b"{" + b",".join(pairs) + b"}",))


def _fields(name: str, value: Any, schema: Schema) -> Iterator[Field]:
    branches = branches_of(schema)
    if any(branch.get("type") == "file" for branch in branches):
        # A file that is optional has no JSON to stand for None: leaving it out says the same.
        if value is not None:
            yield name, _file(value, name, branches)
    elif value is not None and any(map(holds_files, branches)) and not _is_empty(value):
        yield from ((name, file_part(item, name)) for item in _listed(name, value))
    elif is_file(value) and any(branch.get("format") == "binary" for branch in branches):
        yield name, file_part(value, name)
    else:
        yield name, _json(value, name, _orient(branches))


def _orient(branches: Sequence[Schema]) -> str:
    """How a table travels: in records, but where a schema says in columns."""
    return next((str(each["orient"]) for each in branches if each.get("orient")), "records")


def _file(value: Any, name: str, branches: Sequence[Schema]) -> FilePart:
    """The part for a file; one that does not tell its type is meant to be of the type that is asked for."""
    part = file_part(value, name)
    asked = next((str(each["content_type"]) for each in branches if each.get("content_type")), "*")
    unknown = part.content_type == UNKNOWN_TYPE and "*" not in asked
    return replace(part, content_type=asked) if unknown else part


def _is_empty(value: Any) -> bool:
    """Whether it is a list of nothing, which no part can stand for: it travels as JSON."""
    return isinstance(value, list | tuple) and not value


def _listed(name: str, value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    raise TypeError(f"{name!r} takes a list of files, not {type(value).__name__}")


def _json(value: Any, called: str, orient: str = "records") -> bytes:
    try:
        if hasattr(value, "tolist") or hasattr(value, "to_dict"):
            # What an array or a table lacks is null; alone, NaN is for the task to judge.
            return to_json(to_plain(value, orient), inf_nan_mode="null", fallback=to_plain)
        return to_json(value, fallback=to_plain)
    except (PydanticSerializationError, TypeError, ValueError) as error:
        raise TypeError(f"{called!r} cannot be sent as JSON: {error}") from error


def _alone(task: str, fields: Sequence[Field], *, as_text: bool) -> Body:
    """The one value of a task that takes no arguments by name: a file or text as it is, or JSON."""
    if len(fields) != 1:
        raise TypeError(f"{task}() takes one value, which is the whole body of the request")
    _, content = fields[0]
    if isinstance(content, FilePart):
        return Body(content.content_type, (content.source,))
    if as_text and isinstance(text := json.loads(content), str):
        return Body("text/plain; charset=utf-8", (text.encode(),))
    return Body("application/json", (content,))


def _is_text(schema: Schema) -> bool:
    return schema.get("type") == "string"


def _multipart(fields: Sequence[Field]) -> Body:
    """Text before files (RFC 7578), so that a reader knows the values when the long parts begin."""
    boundary = secrets.token_hex(16)
    pieces: list[bytes | Source] = []
    for name, content in sorted(fields, key=lambda field: isinstance(field[1], FilePart)):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if isinstance(content, FilePart):
            head += (
                f'; filename="{_quoted(content.file_name)}"\r\nContent-Type: {content.content_type}'
            )
        value = content.source if isinstance(content, FilePart) else content
        pieces += [f"{head}\r\n\r\n".encode(), value, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return Body(f"multipart/form-data; boundary={boundary}", tuple(pieces))


def _quoted(text: str) -> str:
    """As browsers write a name into a header (WHATWG HTML, multipart/form-data encoding)."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
