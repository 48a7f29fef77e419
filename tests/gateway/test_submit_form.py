"""What becomes of a form that fits: it is kept byte for byte, however it is sent."""

from __future__ import annotations

import httpx
import pytest

from .bodies import FORM, Part, chunked, form, picture
from .conftest import submitted
from .place import Place

_PNG, _JPEG, _WEBP = picture("PNG"), picture("JPEG"), picture("WEBP")

FORMS: dict[str, tuple[str, list[Part]]] = {
    "a picture": ("describe", [Part("picture", _PNG, "a.png", "image/png")]),
    "a picture with values": (
        "describe",
        [
            Part("question", b'"what is it?"'),
            Part("words", b"5"),
            Part("picture", _JPEG, "a.jpg", "image/jpeg"),
        ],
    ),
    "values after the file": (
        "describe",
        [Part("picture", _WEBP, "a.webp", "image/webp"), Part("question", b'"what?"')],
    ),
    "text that is not JSON": (
        "describe",
        [Part("question", b"what is it?"), Part("picture", _PNG, "a.png", "image/png")],
    ),
    "text that is a number": (
        "describe",
        [Part("question", b"42"), Part("picture", _PNG, "a.png", "image/png")],
    ),
    "a picture of a type that lies": (
        "describe",
        [Part("picture", _PNG, "a.jpg", "image/jpeg")],
    ),
    "a picture without a type": ("describe", [Part("picture", _PNG, "a")]),
    "a file": ("convert", [Part("document", bytes(range(256)) * 50, "ä b.pdf", "application/pdf")]),
    "an empty file": ("convert", [Part("document", b"", "empty.txt", "text/plain")]),
    "a file whose name leads out of a folder": (
        "convert",
        [Part("document", b"x", "../../etc/passwd", "text/plain")],
    ),
    "a file that holds a boundary of another body": (
        "convert",
        [Part("document", b"\r\n--a-boundar\r\n--another--\r\n", "x.bin")],
    ),
    "an optional picture that nobody chose": (
        "convert",
        [Part("document", b"x", "x.txt"), Part("cover", b"", "", "application/octet-stream")],
    ),
    "an optional picture that is null": (
        "convert",
        [Part("document", b"x", "x.txt"), Part("cover", b"null")],
    ),
    "bytes as a file": ("hear", [Part("sound", b"\x00\xff\r\n\x00", "a.wav", "audio/wav")]),
    "bytes as text": ("hear", [Part("sound", b"la la")]),
    "repeated parts": (
        "compare",
        [
            Part("weights", b"[1.0, 2]"),
            Part("pictures", _PNG, "1.png", "image/png"),
            Part("pictures", _JPEG, "2.jpg", "image/jpeg"),
            Part("pictures", _PNG, "1.png", "image/png"),
        ],
    ),
    "no part of a list of files": ("compare", [Part("pictures", b"[]"), Part("weights", b"null")]),
    "values alone": ("paint", [Part("prompt", b"a hill"), Part("steps", b"3")]),
}


@pytest.mark.parametrize("what", FORMS)
@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
def test_a_form_is_kept_byte_for_byte(
    http: httpx.Client, place: Place, what: str, told: bool
) -> None:
    task, parts = FORMS[what]
    body = form(*parts)

    answer = http.post(
        f"/{task}/submit",
        content=body if told else chunked(body, 7),
        headers={"content-type": FORM},
    )

    task_id = submitted(answer)
    described = place.described(task_id, body) | {"contentType": FORM}
    assert place.run(task_id)["spec"]["input"] == {"object": described}
    assert place.stored(described["key"]) == body


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="a-boundary"',
        "Multipart/Form-Data; Boundary=a-boundary",
        "multipart/form-data; charset=utf-8; boundary=a-boundary",
    ],
)
def test_the_content_type_of_a_form_is_kept_as_it_came(
    http: httpx.Client, place: Place, content_type: str
) -> None:
    body = form(Part("prompt", b"x"))
    task_id = submitted(
        http.post("/paint/submit", content=body, headers={"content-type": content_type})
    )
    assert place.run(task_id)["spec"]["input"]["object"]["contentType"] == content_type


def test_what_surrounds_the_parts_of_a_form_is_no_fault(http: httpx.Client) -> None:
    body = b"This is a message in several parts.\r\n" + form(Part("prompt", b"x")) + b"\r\nThe end."
    for content in (body, chunked(body, 1)):
        submitted(http.post("/paint/submit", content=content, headers={"content-type": FORM}))


def test_an_empty_list_of_files_may_be_given_as_json(http: httpx.Client) -> None:
    submitted(http.post("/compare/submit", json={"pictures": []}))
