"""Reads protobuf: of a message the fields that are asked for; all others are passed over unread.

A message is one field after the other. Each begins with its key, which holds its number and tells how long
it is, so what is of no interest need not be known. https://protobuf.dev/programming-guides/encoding
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

Found = dict[str, Any]
"""The fields that were found in a message, as an object of JSON has them."""

_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
"""What the last three bits of a key tell of the value; the other bits are the number of the field."""


class Field(NamedTuple):
    """A field: its key, how what lies between two places is read, and how that is put to what was found."""

    key: int
    read: Callable[[bytes, int, int], Any]
    put: Callable[[Found, str, Any], None]


class Message:
    """A kind of message: the fields of interest, by their names in JSON."""

    def __init__(self, **fields: Field) -> None:
        self._fields = {field.key: (name, field.read, field.put) for name, field in fields.items()}

    def read(self, data: bytes, begin: int, end: int) -> Found:
        """Read the message that lies there.

        Most of a large message is passed over here, so nothing is called for that: most keys and lengths
        are of one byte.

        Raises:
            ValueError, IndexError: it is none.
        """
        found: Found = {}
        fields, at = self._fields, begin
        while at < end:
            key = data[at]
            at += 1
            if key > 127:
                key, at = _continued(key, data, at)
            kind, first = key & 7, at
            if kind == _BYTES:
                length = data[at]
                first += 1
                if length > 127:
                    length, first = _continued(length, data, first)
                at = first + length
            elif kind == _NUMBER:
                while data[at] > 127:
                    at += 1
                at += 1
            elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
                at += 8 if kind == _EIGHT_BYTES else 4
            else:
                raise ValueError(f"no field of protobuf begins with {key}")
            if key in fields:
                name, read, put = fields[key]
                put(found, name, read(data, first, at))
        if at != end:
            raise ValueError("the message is cut off")
        return found


def text(number: int) -> Field:
    """A text; left out where it is empty, as in JSON."""
    return Field(number << 3 | _BYTES, _text, _put_unless_empty)


def raw(number: int) -> Field:
    """Bytes, as they are."""
    return Field(number << 3 | _BYTES, _raw, _put)


def integer(number: int) -> Field:
    """A whole number; a negative one is written as what 64 bits make of it."""
    return Field(number << 3 | _NUMBER, _integer, _put)


def flag(number: int) -> Field:
    """True or false."""
    return Field(number << 3 | _NUMBER, _flag, _put)


def time(number: int) -> Field:
    """A time in whole seconds, as JSON has it; left out where it was never set."""
    return Field(number << 3 | _BYTES, _time, _put_unless_empty)


def one(number: int, message: Message) -> Field:
    """A message within."""
    return Field(number << 3 | _BYTES, message.read, _put)


def many(number: int, message: Message) -> Field:
    """A list of messages."""
    return Field(number << 3 | _BYTES, message.read, _put_to_list)


def texts(number: int) -> Field:
    """Texts by their names."""
    return Field(number << 3 | _BYTES, _ENTRY.read, _put_entry)


def _continued(value: int, data: bytes, at: int) -> tuple[int, int]:
    """The number of which `value` is the first byte, and where it has ended.

    Each byte holds seven bits, the lowest first; the eighth says that one more follows, and is taken off again.
    """
    shift = 7
    while value >> shift:
        value += (data[at] - 1) << shift
        at += 1
        shift += 7
    return value, at


def _text(data: bytes, begin: int, end: int) -> str:
    return data[begin:end].decode()


def _raw(data: bytes, begin: int, end: int) -> bytes:
    return data[begin:end]


def _integer(data: bytes, begin: int, end: int) -> int:
    value, _ = _continued(data[begin], data, begin + 1)
    return value - (1 << 64) if value >> 63 else value


def _flag(data: bytes, begin: int, end: int) -> bool:
    return data[begin] != 0


def _time(data: bytes, begin: int, end: int) -> str | None:
    seconds = _TIMESTAMP.read(data, begin, end).get("seconds")
    if seconds is None:
        return None
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}Z"


def _put(found: Found, name: str, value: Any) -> None:
    found[name] = value


def _put_unless_empty(found: Found, name: str, value: Any) -> None:
    if value:
        found[name] = value


def _put_to_list(found: Found, name: str, value: Found) -> None:
    found.setdefault(name, []).append(value)


def _put_entry(found: Found, name: str, entry: Found) -> None:
    found.setdefault(name, {})[entry.get("key", "")] = entry.get("value", "")


_ENTRY = Message(key=text(1), value=text(2))
_TIMESTAMP = Message(seconds=integer(1))
