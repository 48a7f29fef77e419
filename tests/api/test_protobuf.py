"""What is read of a message as protobuf: the bytes are those of protobuf.dev's encoding guide, and alike."""

import pytest

from taskyard_operator.kube.protobuf import (
    Found,
    Message,
    flag,
    integer,
    many,
    one,
    raw,
    text,
    texts,
    time,
)
from tests.core.tables import table

INNER = Message(a=integer(1))
OUTER = Message(
    a=integer(1),
    b=text(2),
    c=one(3, INNER),
    items=many(4, INNER),
    labels=texts(5),
    at=time(6),
    sure=flag(7),
    data=raw(8),
    far=integer(1000),
)
A_FIELD = bytes.fromhex("089601")


def read(data: bytes) -> Found:
    return OUTER.read(data, 0, len(data))


@table(
    {
        "a number": ("089601", {"a": 150}),
        "a number of one byte": ("0801", {"a": 1}),
        "nought": ("0800", {"a": 0}),
        "a number below nought": ("08feffffffffffffffff01", {"a": -2}),
        "a text": ("120774657374696e67", {"b": "testing"}),
        "a text of other letters": ("1202c3a9", {"b": "é"}),
        "a text that was never set": ("1200", {}),
        "a message": ("1a03089601", {"c": {"a": 150}}),
        "an empty message": ("1a00", {"c": {}}),
        "a list": ("220208012200", {"items": [{"a": 1}, {}]}),
        "texts by name": ("2a060a016b1201762a030a0178", {"labels": {"k": "v", "x": ""}}),
        "a time": ("3206" + "088094ebdc03", {"at": "2001-09-09T01:46:40Z"}),
        "a time before 1970": ("320b" + "08ffffffffffffffffff01", {"at": "1969-12-31T23:59:59Z"}),
        "a time that was never set": ("3200", {}),
        "true": ("3801", {"sure": True}),
        "false": ("3800", {"sure": False}),
        "bytes": ("420200ff", {"data": b"\x00\xff"}),
        "a field of a high number": ("c03e07", {"far": 7}),
        "what comes twice, of which the last counts": ("08010802", {"a": 2}),
        "nothing": ("", {}),
    }
)
def test_there_is_read(case: tuple[str, Found]) -> None:
    encoded, found = case
    assert read(bytes.fromhex(encoded)) == found


@table(
    {
        "a number": "7801",
        "a long number": "78ffffffffffffffffff01",
        "eight bytes": "79" + "0102030405060708",
        "four bytes": "7d" + "01020304",
        "a text": "7a0201ff",
        "a long text": "7a8001" + "ff" * 128,
        "a number where a text is wanted": "1001",
        "a text where a number is wanted": "0a0161",
    }
)
def test_there_is_passed_over(case: str) -> None:
    assert read(bytes.fromhex(case) + A_FIELD) == {"a": 150}


@table(
    {
        "cut off in a number": "0896",
        "cut off in a text": "12077465",
        "cut off in a message": "1a0308",
        "cut off behind a key": "08",
        "with a wire type that there is not": "0f",
        "with a text that is none": "1201ff",
    }
)
def test_it_is_an_error_where_the_message_is(case: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        read(bytes.fromhex(case))
