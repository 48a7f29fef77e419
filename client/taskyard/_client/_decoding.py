"""An answer to a value, driven by the schema of the task's result."""

import io
import json
import re
from email.message import Message
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote

from taskyard._client._outcomes import Reply
from taskyard._client._schema import Schema
from taskyard._errors import TaskyardError

_EXACT_NAME = re.compile(r";\s*filename\*\s*=\s*utf-8'[^']*'(?P<name>[^;\s]+)", re.IGNORECASE)


class Kind(Enum):
    """What a task's result becomes on this side."""

    TEXT = auto()
    BYTES = auto()
    IMAGE = auto()
    FILE = auto()
    ARRAY = auto()
    TABLE = auto()
    JSON = auto()


def kind_of(output: Schema) -> Kind:
    """The kind that an output schema asks for."""
    if output.get("type") == "file":
        return Kind.IMAGE if output.get("pil") else Kind.FILE
    if output.get("type") == "string":
        return Kind.BYTES if output.get("format") == "binary" else Kind.TEXT
    return {"tensor": Kind.ARRAY, "dataframe": Kind.TABLE}.get(str(output.get("type")), Kind.JSON)


def decode(output: Schema, reply: Reply, returned: Any = Any) -> Any:
    """The value of a result; JSON becomes what `returned` says, where it says more than Any.

    Raises:
        TaskyardError: the answer is not what the schema announced.
        ImportError: the result is a picture, an array or a table, and what reads it is not installed.
    """
    kind = kind_of(output)
    if kind is Kind.FILE:
        return reply.file
    if kind is Kind.BYTES:
        return reply.body
    if kind is Kind.IMAGE:
        return _picture(reply.body)
    if kind is Kind.TEXT and not _is_json(reply):
        # A date or a choice is a string in the schema too, but travels as JSON.
        return reply.body.decode("utf-8", "replace")
    if kind in (Kind.TEXT, Kind.JSON) and returned is not Any:
        return _fitted(reply.body, returned)
    value = _value(reply.body)
    if kind is Kind.ARRAY:
        return _array(value, output)
    return _table(value, output) if kind is Kind.TABLE else value


def file_name(content_disposition: str) -> str:
    """The name that a `content-disposition` header gives a file, safe to use in any directory.

    No directories, no control characters or characters that some system forbids, at most 150
    characters, and never empty: `result` where there is nothing usable.
    """
    given = _given_name(content_disposition).replace("\\", "/").rpartition("/")[2]
    safe = "".join("_" if char in '<>:"|?*' else char for char in given if char.isprintable())
    safe = safe.strip().rstrip(".")
    stem, dot, suffix = safe.rpartition(".")
    if len(safe) > 150:
        safe = (stem or suffix)[:120] + (dot + suffix[:29] if stem else "")
    return safe or "result"


def _given_name(content_disposition: str) -> str:
    """The exact name where there are two: servers send one in ASCII beside it (RFC 6266, 4.3)."""
    exact = _EXACT_NAME.search(content_disposition)
    if exact:
        return unquote(exact["name"])
    header = Message()
    header["content-disposition"] = content_disposition.replace("\r", "").replace("\n", "")
    return header.get_filename() or ""


def _is_json(reply: Reply) -> bool:
    return reply.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def _value(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError as error:
        raise TaskyardError(f"the result should be JSON, and is not: {error}") from error


def _fitted(body: bytes, returned: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(returned).validate_json(body or b"null")
    except ValidationError as error:
        raise TaskyardError(f"the result is not what its method says: {error}") from error


def _picture(body: bytes) -> Any:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ImportError("the result is a picture: install pillow to receive it") from error
    try:
        return Image.open(io.BytesIO(body))
    except UnidentifiedImageError as error:
        raise TaskyardError("the result should be a picture, and pillow cannot read it") from error


def _array(value: Any, output: Schema) -> Any:
    try:
        import numpy
    except ImportError as error:
        raise ImportError("the result is an array: install numpy to receive it") from error
    try:
        array = numpy.array(value, dtype=output.get("dtype"))
        # One of no length in some dimension has lost the others on its way.
        return array.reshape(output["shape"]) if output.get("shape") else array
    except (TypeError, ValueError) as error:
        raise TaskyardError(f"the result should be an array, and is not: {error}") from error


def _table(value: Any, output: Schema) -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError("the result is a table: install pandas to receive it") from error
    try:
        # Of no rows, records do not say which columns there are.
        return pandas.DataFrame(value, columns=output.get("columns"))
    except (TypeError, ValueError) as error:
        raise TaskyardError(f"the result should be a table, and is not: {error}") from error
