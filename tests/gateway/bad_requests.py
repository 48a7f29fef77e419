# ruff: noqa: E501 - tables, in which a case is a line
"""Requests that cannot be served, and what each must be told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from taskyard.api.names import new_run_name

from .bodies import BOUNDARY, FORM, Part, chunked, form, picture, pixel_bomb, raw_form

LIMITS = {
    "maxInputBytes": 200_000,
    "maxJsonBytes": 50_000,
    "maxPictureBytes": 100_000,
    "maxPicturePixels": 1_000_000,
    "maxParts": 10,
}
"""Settings of the gateway that these requests are for: limits that a test can reach."""


@dataclass(frozen=True)
class Bad:
    """A request, and what its answer must say: the sentence holds `says`, `detail` blames `fields`."""

    what: str
    says: str | tuple[str, ...]
    fields: tuple[str, ...] = ()
    status: int = 400
    reason: str = "InvalidInput"
    path: str = "/paint/submit"
    method: str = "POST"
    content: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)


def sent_json(
    what: str, says: str | tuple[str, ...], value: dict[str, Any], *fields: str, task: str = "paint"
) -> Bad:
    """Arguments by name, of which some are wrong."""
    return Bad(what, says, fields, path=f"/{task}/submit", content=json.dumps(value).encode())


def sent_text(
    what: str, says: str | tuple[str, ...], content: bytes | Iterable[bytes], **more: Any
) -> Bad:
    """A body that is meant to be JSON."""
    return Bad(what, says, content=content, path="/echo/submit", **more)


def sent_form(
    what: str,
    says: str | tuple[str, ...],
    *parts: Part,
    task: str,
    fields: tuple[str, ...] = (),
    **more: Any,
) -> Bad:
    """A well-formed multipart body, of which some parts are wrong."""
    return sent_raw(what, says, form(*parts), task=task, fields=fields, **more)


def sent_raw(
    what: str,
    says: str | tuple[str, ...],
    content: bytes | Iterable[bytes],
    *,
    task: str = "convert",
    content_type: str = FORM,
    **more: Any,
) -> Bad:
    """A body that is meant to be multipart."""
    path, headers = f"/{task}/submit", {"content-type": content_type}
    return Bad(what, says, content=content, path=path, headers=headers, **more)


def asked(what: str, path: str, says: str, method: str = "GET", **more: Any) -> Bad:
    """A question about a run."""
    return Bad(what, says, path=path, method=method, **more)


PNG = picture("PNG")
DOCUMENT = Part("document", b"x" * 50, "x.txt")
PICTURE = Part("picture", PNG, "x.png", "image/png")
PNG_HEAD = (
    b'Content-Disposition: form-data; name="picture"; filename="x.png"\r\nContent-Type: image/png'
)
FILE_HEAD = b'Content-Disposition: form-data; name="document"; filename="x.txt"'
UNKNOWN_ID = new_run_name(datetime.now(UTC))  # a younger one than what may have expired
TOO_LARGE: dict[str, Any] = {"status": 413, "reason": "TooLarge"}
WRONG_TYPE: dict[str, Any] = {"status": 415, "reason": "UnsupportedMediaType"}
NOT_FOUND: dict[str, Any] = {"status": 404, "reason": "NotFound"}
WRONG_METHOD: dict[str, Any] = {"status": 405, "reason": "MethodNotAllowed"}

FIELDS = [
    sent_json("a field is missing", "prompt: field required; give a JSON string", {}, "prompt"),
    sent_json("a field is misspelt", "promt: unknown field; did you mean prompt?", {"promt": "x"}, "promt", "prompt"),
    sent_json("a field is unknown", "frame: unknown field; the task takes: prompt, ", {"prompt": "x", "frame": 1}, "frame"),
    sent_json("a field has no name", "has no name", {"prompt": "x", "": 1}),
    sent_json("a string is a number", "prompt: must be of type string", {"prompt": 5}, "prompt"),
    sent_json("a string is null", "prompt: must be of type string", {"prompt": None}, "prompt"),
    sent_json("a string is an object", "prompt: must be of type string", {"prompt": {"a": "x" * 900}}, "prompt"),
    sent_json("a number is a string", "steps: must be of type integer", {"prompt": "x", "steps": "20"}, "steps"),
    sent_json("a number is true", "steps: must be of type integer", {"prompt": "x", "steps": True}, "steps"),
    sent_json("an integer is broken", "steps: must be of type integer", {"prompt": "x", "steps": 1.5}, "steps"),
    sent_json("a number is too small", "steps: 0 is less than the minimum of 1", {"prompt": "x", "steps": 0}, "steps"),
    sent_json("a number is too large", "steps: 101 is greater than the maximum of 100", {"prompt": "x", "steps": 101}, "steps"),
    sent_json("a word is none of the choices", 'style: must be one of "oil", "ink"', {"prompt": "x", "style": "wax"}, "style"),
    sent_json("an optional number is a string", "seed: must be of type integer or null", {"prompt": "x", "seed": "1"}, "seed"),
    sent_json("several fields are wrong", ("prompt: ", "steps: ", "style: "), {"prompt": 1, "steps": "a", "style": 2}, "prompt", "steps", "style"),
    sent_json("a list is an object", "points: must be of type array", {"points": {}}, "points", task="measure"),
    sent_json("an item of a list is wrong", "points.1.y: must be of type number", {"points": [{"x": 1, "y": 2}, {"x": 1, "y": "2"}]}, "points", task="measure"),
    sent_json("a field within an item is missing", "points.0: 'y' is a required property", {"points": [{"x": 1}]}, "points", task="measure"),
    sent_json("a field within an optional object is wrong", "centre.x: must be of type number", {"points": [], "centre": {"x": "a", "y": 1}}, "centre", task="measure"),
    sent_json("thousands of items are wrong", "points.0: must be of type object", {"points": [1] * 16_000}, "points", task="measure"),
    sent_json("thousands of fields are unknown", "unknown field", {f"n{i}": i for i in range(2000)}, *{"prompt", *(f"n{i}" for i in range(2000))}),
    sent_json("the name of a field is very long", "unknown field", {"prompt": "x", "n" * 40_000: 1}, "n" * 200 + "…"),
]  # fmt: skip

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
    sent_text("the body is a picture", ("image/png is not taken", "multipart/form-data"), PNG, headers={"content-type": "image/png"}, **WRONG_TYPE),
    sent_text("the body is of another multipart type", "multipart/mixed is not taken", b"--a--", headers={"content-type": "multipart/mixed; boundary=a"}, **WRONG_TYPE),
    sent_text("the body is compressed", "content encoding gzip is not taken", b"\x1f\x8b", headers={"content-encoding": "gzip"}, **WRONG_TYPE),
    sent_text("a file is sent as JSON text", "not valid JSON", b"GIF89a", headers={"content-type": "application/octet-stream"}),
    sent_text("the JSON is too large", ("more than 50000 bytes", "as a file"), b'{"value": "' + b"x" * 60_000 + b'"}', **TOO_LARGE),
    sent_text("the JSON is too large and its length is not told", ("more than 50000 bytes", "as a file"), chunked(b'{"value": "' + b"x" * 60_000 + b'"}'), **TOO_LARGE),
    sent_text("the body is larger than all that is taken", "setting maxInputBytes", b" " * 300_000, **TOO_LARGE),
]  # fmt: skip

FORMS = [
    sent_raw("no boundary is named", "names no boundary", form(DOCUMENT), content_type="multipart/form-data"),
    sent_raw("the boundary is empty", "names no boundary", form(DOCUMENT), content_type='multipart/form-data; boundary=""'),
    sent_raw("the boundary is another", "The multipart body is broken", form(DOCUMENT), content_type="multipart/form-data; boundary=other"),
    sent_raw("the content type is longer than is kept", ("more than 255 characters", "shorter boundary"), form(DOCUMENT), content_type=f"{FORM}; comment={'x' * 300}"),
    sent_raw("the form is empty", "The multipart body is broken", b""),
    sent_raw("the form has no part", "document: field required; give a file", f"--{BOUNDARY}--\r\n".encode(), fields=("document",)),
    sent_raw("the form ends within a header", "The multipart body is broken", form(DOCUMENT)[:40]),
    sent_raw("the form ends within a part", "The multipart body is broken", form(DOCUMENT)[:-40]),
    sent_raw("the form ends before its last dashes", "The multipart body is broken", form(DOCUMENT)[:-4]),
    sent_raw("the form ends within a part and its length is not told", "The multipart body is broken", chunked(form(DOCUMENT)[:-40], 10)),
    sent_raw("lines end as in Unix", "The multipart body is broken", form(DOCUMENT).replace(b"\r\n", b"\n")),
    sent_raw("there is rubbish before the form", "The multipart body is broken", b"rubbish" + form(DOCUMENT)),
    sent_raw("a part has no header", "The multipart body is broken", raw_form((b"", b"x"))),
    sent_raw("a header is not one", "Malformed segment header", raw_form((b"no colon", b"x"))),
    sent_raw("a header is no text", "Segment header failed to decode", raw_form((b"\xff\xfe: x", b"x"))),
    sent_raw("a part is no part of a form", "Wrong type", raw_form((b'Content-Disposition: inline; name="document"', b"x"))),
    sent_raw("a part has no name", "has no name", raw_form((b"Content-Disposition: form-data", b"x"), (FILE_HEAD, b"x"))),
    sent_raw("a part tells a length that is not its own", "Content-Length", raw_form((FILE_HEAD + b"\r\nContent-Length: 5", b"x"))),
    sent_raw("a part has very many headers", "header count", raw_form((FILE_HEAD + b"".join(b"\r\nX-%d: x" % i for i in range(100)), b"x"))),
    sent_raw("a part has a very long header", "header length", raw_form((FILE_HEAD + b"\r\nX-A: " + b"x" * 20_000, b"x"))),
    sent_raw("a part has a header without end", "header length", chunked(f"--{BOUNDARY}\r\nX-A: ".encode() + b"x" * 100_000)),
    sent_form("there are too many parts", "setting maxParts", *[Part(f"n{i}", b"1") for i in range(20)], task="convert", **TOO_LARGE),
    sent_form("a file is missing", "document: field required; give a file as a part of multipart/form-data", task="convert", fields=("document",)),
    sent_form("a file was not chosen", "document: field required; give a file", Part("document", b"", ""), task="convert", fields=("document",)),
    sent_form("a file is given twice", "document: given 2 times; give one file", DOCUMENT, DOCUMENT, task="convert", fields=("document",)),
    sent_form("a value is given twice", "prompt: given twice", Part("prompt", b"a"), Part("prompt", b"b"), task="paint", fields=("prompt",)),
    sent_form("bytes are given as text and as a file", "sound: given 2 times", Part("sound", b"la"), Part("sound", b"la", "la.wav"), task="hear", fields=("sound",)),
    sent_form("a file is given as text", "document: not a file; give a file as a part", Part("document", b"x"), task="convert", fields=("document",)),
    sent_form("a picture is given as text", "picture: not a file; give a picture file", Part("picture", b"http://example.com/x.png"), task="describe", fields=("picture",)),
    sent_form("a list of pictures is given as text", "pictures: not a file; give picture files, one part each", Part("pictures", b'["x.png"]'), task="compare", fields=("pictures",)),
    sent_form("text is given as a file", "prompt: given as a file; give a JSON string", Part("prompt", b"x", "x.txt"), task="paint", fields=("prompt",)),
    sent_form("a file field is unknown", "documnet: unknown field; did you mean document?", DOCUMENT, Part("documnet", b"x", "x"), task="convert", fields=("documnet",)),
    sent_form("a value beside a file is wrong", "words: must be of type integer", Part("words", b"ten"), PICTURE, task="describe", fields=("words",)),
    sent_form("a value beside a file is no text", "question: neither JSON nor text in UTF-8", Part("question", b"\xff\xfe"), PICTURE, task="describe", fields=("question",)),
    sent_form("a value in a form is NaN", "NaN is not a JSON number", Part("value", b"NaN"), task="echo", fields=("value",)),
    sent_form("a value in a form is nested deeply", "nested too deeply", Part("value", b"[" * 40_000), task="echo", fields=("value",)),
    sent_form("a value in a form is too large", "setting maxJsonBytes", Part("value", b"x" * 60_000), task="echo", **TOO_LARGE),
    sent_form("the values of a form are too large together", "setting maxJsonBytes", *[Part(f"v{i}", b"x" * 9_000) for i in range(8)], task="echo", **TOO_LARGE),
    sent_form("a picture is text", "picture: not a picture", Part("picture", b"hello", "x.png", "image/png"), task="describe", fields=("picture",)),
    sent_form("a picture is empty", "picture: not a picture", Part("picture", b"", "x.png", "image/png"), task="describe", fields=("picture",)),
    sent_form("a picture is SVG", "picture: not a picture", Part("picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg", "image/svg+xml"), task="describe", fields=("picture",)),
    sent_form("a picture is cut off", "picture: a broken picture", Part("picture", PNG[: len(PNG) // 2], "x.png", "image/png"), task="describe", fields=("picture",)),
    sent_form("a picture is cut off in its header", "picture: ", Part("picture", PNG[:20], "x.png", "image/png"), task="describe", fields=("picture",)),
    sent_form("a picture is damaged", "picture: a broken picture", Part("picture", PNG[:60] + b"\0\0" + PNG[62:], "x.png", "image/png"), task="describe", fields=("picture",)),
    sent_form("a picture has too many pixels", "picture: the picture has 4000000 pixels, and at most 1000000 are taken", Part("picture", pixel_bomb(2000, 2000), "x.png"), task="describe", fields=("picture",)),
    sent_form("a picture is a bomb", "picture: the picture has 3600000000 pixels, and at most 1000000 are taken", Part("picture", pixel_bomb(60_000, 60_000), "x.png"), task="describe", fields=("picture",)),
    sent_form("a picture is too large", "setting maxPictureBytes", Part("picture", PNG + bytes(150_000), "x.png"), task="describe", **TOO_LARGE),
    sent_form("one of several pictures is broken", "pictures: not a picture", Part("pictures", PNG, "1.png"), Part("pictures", b"x", "2.png"), task="compare", fields=("pictures",)),
    sent_form("an optional picture is broken", "cover: not a picture", DOCUMENT, Part("cover", b"x", "c.png"), task="convert", fields=("cover",)),
    sent_form("a form is larger than all that is taken", "setting maxInputBytes", Part("document", bytes(300_000), "x"), task="convert", **TOO_LARGE),
    sent_raw("a form is larger than all that is taken and its length is not told", "setting maxInputBytes", chunked(form(Part("document", bytes(300_000), "x"))), **TOO_LARGE),
    Bad("a file is sent in JSON", "picture: not a file; give a picture file as a part of multipart/form-data", ("picture",), path="/describe/submit", content=b'{"picture": "aGVsbG8="}'),
    Bad("bytes in JSON are a list", "sound: not bytes; give a file part, or a JSON string", ("sound",), path="/hear/submit", content=b'{"sound": [1, 2]}'),
]  # fmt: skip

QUESTIONS = [
    *(asked(f"{verb} without an id", f"/echo/{verb}", "task_id is required", method) for verb, method in [("status", "GET"), ("get", "GET"), ("retry", "POST"), ("cancel", "PUT")]),
    asked("an id that is empty", "/echo/status?task_id=", "task_id is required"),
    *(asked(f"{verb} of an id that nobody has", f"/echo/{verb}?task_id={UNKNOWN_ID}", "task_id not found", method, **NOT_FOUND) for verb, method in [("status", "GET"), ("get", "GET"), ("retry", "PUT"), ("cancel", "POST")]),
    asked("an id that is no name", "/echo/status?task_id=Not_A_Name", "task_id not found", **NOT_FOUND),
    asked("an id that leads elsewhere", "/echo/status?task_id=../taskservices/studio", "task_id not found", **NOT_FOUND),
    asked("an id that leads elsewhere in disguise", "/echo/cancel?task_id=..%2F..%2Fdefault%2Ftaskruns%2Fx", "task_id not found", "PUT", **NOT_FOUND),
    asked("an id with a query of its own", "/echo/status?task_id=x%3Flimit%3D1", "task_id not found", **NOT_FOUND),
    asked("an id with a null byte", "/echo/status?task_id=a%00b", "task_id not found", **NOT_FOUND),
    asked("an id that is no text", "/echo/status?task_id=%ff%fe", "task_id not found", **NOT_FOUND),
    asked("an id that is very long", f"/echo/get?task_id={'a' * 5000}", "task_id not found", **NOT_FOUND),
    asked("submit by GET", "/paint/submit", "takes POST, and not GET", **WRONG_METHOD),
    asked("submit by PUT", "/paint/submit", "takes POST, and not PUT", "PUT", **WRONG_METHOD),
    asked("status by PUT", "/paint/status?task_id=x", "takes GET or HEAD, and not ", "PUT", **WRONG_METHOD),
    asked("status by POST, as if it were a task", "/paint/status?task_id=x", "has no task at /paint/status", "POST", **NOT_FOUND),
    asked("get by DELETE", "/paint/get?task_id=x", "takes GET or HEAD, and not ", "DELETE", **WRONG_METHOD),
    asked("cancel by GET", "/paint/cancel?task_id=x", "takes POST or PUT, and not GET", "GET", **WRONG_METHOD),
    asked("retry by GET", "/paint/retry?task_id=x", "takes POST or PUT, and not GET", "GET", **WRONG_METHOD),
    asked("schema by PUT", "/schema.json", "takes GET or HEAD, and not ", "PUT", **WRONG_METHOD),
    asked("a preflight", "/paint/submit", "takes POST, and not OPTIONS", "OPTIONS", **WRONG_METHOD),
    asked("a service that does not exist", "/services/nope/paint/submit", "there are: studio, workshop", "POST", **NOT_FOUND),
    asked("a task that does not exist", "/pain/submit", "it has: /paint, ", "POST", **NOT_FOUND),
    asked("a task of another service", "/services/workshop/echo/submit", "it has: /paint.", "POST", **NOT_FOUND),
    asked("a direct call of a task that does not exist", "/pain", "it has: /paint, ", "POST", **NOT_FOUND),
    asked("a direct call without what the task needs", "/paint", "prompt: field required", "POST", status=400, reason="InvalidInput", fields=("prompt",)),
]  # fmt: skip

ALL = [*FIELDS, *BODIES, *FORMS, *QUESTIONS]
