"""Files of a few bytes that promise, or become, very many."""

from __future__ import annotations

import struct
import zlib

from tests.gateway.bodies import picture, pixel_bomb, png

_SIDE = 60_000


def _jpeg() -> bytes:
    """A JPEG whose frame says another size."""
    content = bytearray(picture("JPEG"))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", _SIDE, _SIDE)
    return bytes(content)


def _tiff() -> bytes:
    tags = [(256, _SIDE), (257, _SIDE), (258, 8), (262, 1), (273, 8)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


_GIF_FRAME = b"," + struct.pack("<HHHHB", 0, 0, _SIDE, _SIDE, 0) + b"\x02\x02\x44\x01\x00;"
_BMP = struct.pack("<IiiHHIIiiII", 40, _SIDE, _SIDE, 1, 24, 0, 0, 0, 0, 0, 0)

GIANTS = {
    "PNG": pixel_bomb(_SIDE, _SIDE),
    "JPEG": _jpeg(),
    "GIF": b"GIF89a" + struct.pack("<HHBBB", _SIDE, _SIDE, 0, 0, 0) + _GIF_FRAME,
    "TIFF": _tiff(),
    "BMP": b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + _BMP + bytes(100),
    "TGA": bytes([0, 0, 2, *bytes(9)]) + struct.pack("<HHBB", _SIDE, _SIDE, 24, 0) + bytes(50),
    "PPM": b"P6 60000 60000 255\n" + bytes(100),
    "QOI": b"qoif" + struct.pack(">IIBB", _SIDE, _SIDE, 3, 0) + bytes(20),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 60000 60000\n%%EndComments\n",
    "XBM": b"#define x_width 60000\n#define x_height 60000\nstatic char x_bits[] = {\n",
}
"""Pictures whose header says that they have thousands of millions of pixels, by their format."""

_ZEROS = zlib.compress(bytes(40_000_000), 9)

INFLATED = {
    "text": png((b"zTXt", b"name\0\0" + _ZEROS)),
    "text in Unicode": png((b"iTXt", b"name\0\1\0\0\0" + _ZEROS)),
    "a colour profile": png((b"iCCP", b"name\0\0" + _ZEROS)),
}
"""Small pictures beside whose pixels there is something compressed: a thousand times as large as the file."""
