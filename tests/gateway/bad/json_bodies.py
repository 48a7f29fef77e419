# ruff: noqa: E501 - tables, in which a case is a line
"""Bodies that are no JSON, or not the JSON of arguments."""

from __future__ import annotations

from tests.gateway.bodies import chunked, picture

from .request import TOO_LARGE, WRONG_TYPE, sent_text

BODIES = [
    sent_text("JSON ends too early", "not valid JSON: Expecting value at line 1, column 11", b'{"value": '),
    sent_text("JSON is broken in its third line", "at line 3, column 5", b'{\n"value":\n    oops\n}'),
    sent_text("JSON has text behind it", "not valid JSON: Extra data", b'{"value": 1} {}'),
    sent_text("JSON has a comma too much", "not valid JSON", b'{"value": 1,}'),
    sent_text("JSON is quoted as in Python", "not valid JSON", b"{'value': 1}"),
    sent_text("there is no JSON at all", "not valid JSON", b"value=1"),
    sent_text("there are bytes that are no text", "not valid JSON: the text is not UTF-8, at byte 11", b'{"value": "\xff"}'),
    sent_text("there is NaN", "NaN is not a JSON number", b'{"value": NaN}'),
    sent_text("there is an infinity", "-Infinity is not a JSON number", b'{"value": [-Infinity]}'),
    sent_text("a number is beyond all floats", "a number is too large", b'{"value": {"a": 1e400}}'),
    sent_text("a number has thousands of digits", "too many digits", b'{"value": ' + b"9" * 5000 + b"}"),
    sent_text("text holds half of a surrogate pair", r"\ud800 is half of a surrogate pair", b'{"value": "\\ud800"}'),
    sent_text("a name holds half of a surrogate pair", r"\udc00 is half of a surrogate pair", b'{"value": {"\\udc00": 1}}'),
    sent_text("nesting is deep", "nested too deeply; at most 100 levels", b'{"value": ' + b"[" * 200 + b"]" * 200 + b"}"),
    sent_text("nesting is deeper than any parser goes", "nested too deeply", b'{"value": ' + b"[" * 40_000),
    sent_text("the body is a list", "must be a JSON object of arguments by name", b"[1, 2]"),
    sent_text("the body is a string", "must be a JSON object of arguments by name", b'"x"'),
    sent_text("the body is null", "must be a JSON object of arguments by name", b"null"),
    sent_text("the body is a form of a browser", ("application/x-www-form-urlencoded is not taken", "send application/json"), b"value=1", headers={"content-type": "application/x-www-form-urlencoded"}, **WRONG_TYPE),
    sent_text("the body is a pickle", "application/vnd.bentoml+pickle is not taken", b"\x80\x04N.", headers={"content-type": "application/vnd.bentoml+pickle"}, **WRONG_TYPE),
    sent_text("the body is a picture", ("image/png is not taken", "multipart/form-data"), picture("PNG"), headers={"content-type": "image/png"}, **WRONG_TYPE),
    sent_text("the body is of another multipart type", "multipart/mixed is not taken", b"--a--", headers={"content-type": "multipart/mixed; boundary=a"}, **WRONG_TYPE),
    sent_text("the body is compressed", "content encoding gzip is not taken", b"\x1f\x8b", headers={"content-encoding": "gzip"}, **WRONG_TYPE),
    sent_text("a file is sent as JSON text", "not valid JSON", b"GIF89a", headers={"content-type": "application/octet-stream"}),
    sent_text("the JSON is too large", ("more than 50000 bytes", "as a file"), b'{"value": "' + b"x" * 60_000 + b'"}', **TOO_LARGE),
    sent_text("the JSON is too large and its length is not told", ("more than 50000 bytes", "as a file"), chunked(b'{"value": "' + b"x" * 60_000 + b'"}'), **TOO_LARGE),
    sent_text("the body is larger than all that is taken", "setting maxInputBytes", b" " * 300_000, **TOO_LARGE),
    sent_text("JSON is cut within a word of several bytes", "not valid JSON: the text is not UTF-8", '{"value": "ü'.encode()[:-1]),
    sent_text("JSON is in Latin-1", "not valid JSON: the text is not UTF-8", '{"value": "ü"}'.encode("latin-1")),
    sent_text("JSON has a comment", "not valid JSON", b'{"value": 1 /* one */}'),
    sent_text("JSON has a number with a leading zero", "not valid JSON", b'{"value": 01}'),
    sent_text("JSON has a number in hexadecimal", "not valid JSON", b'{"value": 0x10}'),
    sent_text("JSON has a line break within a string", "not valid JSON: Invalid control character", b'{"value": "a\nb"}'),
    sent_text("JSON has a null byte", "not valid JSON", b'{"value": "a\0b"}'),
    sent_text("JSON has an escape that is none", "not valid JSON: Invalid \\escape", b'{"value": "\\x41"}'),
    sent_text("JSON is a line of many", "not valid JSON: Extra data at line 2, column 1", b'{"value": 1}\n{"value": 2}'),
    sent_text("objects are nested deeply", "nested too deeply; at most 100 levels", b'{"value": ' + b'{"a":' * 200 + b"1" + b"}" * 201),
    sent_text("the body is true", "must be a JSON object of arguments by name", b"true"),
    sent_text("the body is XML", "not valid JSON", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    sent_text("the body is an archive", "not valid JSON", b"PK\x03\x04" + bytes(200), headers={"content-type": "application/zip"}),
    sent_text("the body is compressed twice", "content encoding gzip, br is not taken", b"\x1f\x8b", headers={"content-encoding": "gzip, br"}, **WRONG_TYPE),
    sent_text("the body is compressed in a way that nobody knows", "is not taken", b"", headers={"content-encoding": "x" * 300}, **WRONG_TYPE),
    sent_text("the body is sound", "audio/wav is not taken", b"RIFF", headers={"content-type": "Audio/WAV; rate=8000"}, **WRONG_TYPE),
]  # fmt: skip
