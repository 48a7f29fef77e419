"""What is new in the streams of an attempt. Its pod wrote them: nothing of them is trusted."""

import codecs
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from taskyard_operator.gateway.streams.event import as_json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Line(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, allow_inf_nan=False
    )


L = TypeVar("L", bound=_Line)


class ProgressLine(_Line):
    """What a task said of its progress, at a time."""

    at: AwareDatetime
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    message: Annotated[str, Field(max_length=1024)] | None = None

    @property
    def place(self) -> int:
        """Its time in microseconds since 1970."""
        return (self.at - _EPOCH) // _MICROSECOND


class _OutputLine(_Line):
    """A value that a task gave away before its end: as JSON, or as Base64 of its bytes."""

    index: Annotated[int, Field(ge=0)]
    at: AwareDatetime
    content_type: Annotated[str, Field(max_length=255)] = "application/json"
    value: JsonValue = None
    base64: str | None = None
    file_name: Annotated[str, Field(max_length=255)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_one_value(cls, data: Any) -> Any:
        if isinstance(data, dict) and ("value" in data) == ("base64" in data):
            raise ValueError("there is exactly one of value and base64")
        return data


class PlacedOutput(NamedTuple):
    """An output as JSON, and how many bytes of its stream go to its end."""

    document: bytes
    place: int


def progress_since(place: int, body: bytes) -> list[ProgressLine]:
    """What was said after a time, in order; `body` is the whole stream.

    By time and not by its place in the object, which grows thinner while it grows.
    """
    new: list[ProgressLine] = []
    for text in reversed(body.split(b"\n")):
        line = _read(ProgressLine, text)
        if line is None:
            continue
        if line.place <= place:
            break
        new.append(line)
    return new[::-1]


def outputs_in(body: bytes, start: int, attempt: int) -> Iterator[PlacedOutput]:
    """The outputs in a part of a stream, which begins `start` bytes after the beginning of it.

    One after the other: an output may be large, and as objects of this language many times that. A
    line without its end is left for later.
    """
    place = start
    for text in body.split(b"\n")[:-1]:
        place += len(text) + 1
        document = _output(text, attempt)
        if document is not None:
            yield PlacedOutput(document, place)


def _output(text: bytes, attempt: int) -> bytes | None:
    line = _read(_OutputLine, text)
    if line is None:
        return None
    told = line.model_dump(mode="json", by_alias=True, exclude_unset=True)
    try:
        return as_json({"attempt": attempt, **told})
    except ValueError:
        return None


def decoded(data: bytes, *, closed: bool) -> tuple[str, int]:
    """Text, and of how many bytes: the beginning of a character is left for later, unless none follow."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data, closed)
    pending = 0 if closed else len(decoder.getstate()[0])
    return text, len(data) - pending


def _read(kind: type[L], text: bytes) -> L | None:
    try:
        return kind.model_validate_json(text)
    except (ValidationError, ValueError, OverflowError, RecursionError):
        return None
