# ruff: noqa: E501 - tables, in which a case is a line
"""Pictures that are none, are broken, or would burst."""

from __future__ import annotations

from tests.gateway.bodies import Part, picture, pixel_bomb

from .bombs import GIANTS, INFLATED
from .forms import DOCUMENT
from .request import TOO_LARGE, sent_form

PNG = picture("PNG")


def _picture(content: bytes, name: str = "x.png", content_type: str | None = None) -> Part:
    return Part("picture", content, name, content_type)


PICTURES = [
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
    *(sent_form(f"a picture in {kind} is a bomb", "pixels, and at most 1000000 are taken", _picture(giant), task="describe", fields=("picture",)) for kind, giant in GIANTS.items()),
    *(sent_form(f"a picture has {kind} that grows when it is read", "picture: a broken picture", _picture(bomb), task="describe", fields=("picture",)) for kind, bomb in INFLATED.items()),
    sent_form("a picture is an archive", "picture: not a picture", _picture(b"PK\x03\x04" + bytes(500)), task="describe", fields=("picture",)),
    sent_form("a picture is a page of HTML", "picture: not a picture", _picture(b"<html><script>alert(1)</script></html>"), task="describe", fields=("picture",)),
    sent_form("a picture is only its first bytes", "picture: ", _picture(PNG[:8]), task="describe", fields=("picture",)),
    sent_form("a picture is of no pixels", "picture: ", _picture(pixel_bomb(0, 0)), task="describe", fields=("picture",)),
    sent_form("several pictures are broken", "pictures: not a picture", *(Part("pictures", b"x", f"{n}.png") for n in range(5)), task="compare", fields=("pictures",)),
]  # fmt: skip
