# ruff: noqa: E501 - tables, in which a case is a line
"""Multipart bodies that are broken, and forms that do not fit the task."""

from __future__ import annotations

from tests.gateway.bodies import BOUNDARY, FORM, Part, chunked, form, picture, raw_form

from .request import TOO_LARGE, WRONG_TYPE, Bad, sent_form, sent_raw

DOCUMENT = Part("document", b"x" * 50, "x.txt")
PICTURE = Part("picture", picture("PNG"), "x.png", "image/png")
FILE_HEAD = b'Content-Disposition: form-data; name="document"; filename="x.txt"'

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
    sent_form("a form is larger than all that is taken", "setting maxInputBytes", Part("document", bytes(300_000), "x"), task="convert", **TOO_LARGE),
    sent_raw("a form is larger than all that is taken and its length is not told", "setting maxInputBytes", chunked(form(Part("document", bytes(300_000), "x"))), **TOO_LARGE),
    Bad("a file is sent in JSON", "picture: not a file; give a picture file as a part of multipart/form-data", ("picture",), path="/describe/submit", content=b'{"picture": "aGVsbG8="}'),
    Bad("bytes in JSON are a list", "sound: not bytes; give a file part, or a JSON string", ("sound",), path="/hear/submit", content=b'{"sound": [1, 2]}'),
    sent_raw("the boundary is longer than is kept", "shorter boundary", b"", content_type=f"multipart/form-data; boundary={'x' * 300}"),
    sent_raw("the boundary is not the one of the body but begins like it", "The multipart body is broken", form(DOCUMENT), content_type=f"{FORM}-and-more"),
    sent_raw("the form is compressed", "content encoding gzip is not taken", b"\x1f\x8b", headers={"content-encoding": "gzip"}, **WRONG_TYPE),
    sent_raw("the form is JSON", "The multipart body is broken", b'{"document": "x"}'),
    sent_raw("the form is one delimiter over and over", "The multipart body is broken", f"--{BOUNDARY}\r\n".encode() * 5000),
    sent_raw("the form is an endless beginning of a delimiter", "The multipart body is broken", b"\r\n--a-bound" * 10_000),
    sent_raw("a part has a name without an end", "has no name", raw_form((b'Content-Disposition: form-data; name="document', b"x")), fields=("document",)),
    sent_raw("a part has a name of many bytes", "header length", raw_form((b'Content-Disposition: form-data; name="' + b"n" * 9000 + b'"', b"x"))),
    sent_raw("a part has a file name of many bytes", "header length", raw_form((b'Content-Disposition: form-data; name="document"; filename="' + b"n" * 9000 + b'"', b"x"))),
    sent_raw("a part has a null byte in its name", "unknown field; did you mean document?", raw_form((b'Content-Disposition: form-data; name="docu\0ment"; filename="x"', b"x")), fields=("document", "docu\0ment")),
    sent_form("a name of a part leads out of its folder", "../../etc/passwd: unknown field", DOCUMENT, Part("../../etc/passwd", b"x", "x"), task="convert", fields=("../../etc/passwd",)),
    sent_form("a name of a part is a path in Windows", "unknown field", DOCUMENT, Part("..%5C..%5Cx", b"x", "x"), task="convert", fields=("..%5C..%5Cx",)),
    sent_form("a name of a part has brackets", "document[]: unknown field; did you mean document?", Part("document[]", b"x", "x"), task="convert", fields=("document", "document[]")),
    sent_form("files are given where no field is one", "unknown field", Part("prompt", b"x"), Part("upload", b"x", "x"), task="paint", fields=("upload",)),
    sent_form("an integer in a form is empty", "steps: must be of type integer", Part("prompt", b"x"), Part("steps", b""), task="paint", fields=("steps",)),
    sent_form("an integer in a form is text", "steps: must be of type integer", Part("prompt", b"x"), Part("steps", b"20 or so"), task="paint", fields=("steps",)),
    sent_form("a choice in a form is none", 'style: must be one of "oil", "ink"', Part("prompt", b"x"), Part("style", b"wax"), task="paint", fields=("style",)),
    sent_form("a list in a form is cut off", "points: must be of type array", Part("points", b'[{"x": 1'), task="measure", fields=("points",)),
    sent_form("a form holds half of a surrogate pair", "half of a surrogate pair", Part("value", b'"\\ud800"'), task="echo", fields=("value",)),
]  # fmt: skip
