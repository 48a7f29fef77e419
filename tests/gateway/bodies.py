"""Bodies as a client sends them, and pictures to put into them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

BOUNDARY = "a-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Part:
    """One part; without a file name it is a value."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None

    def head(self) -> bytes:
        """Its header."""
        text = f'Content-Disposition: form-data; name="{self.name}"'
        text += f'; filename="{self.filename}"' if self.filename is not None else ""
        text += f"\r\nContent-Type: {self.content_type}" if self.content_type else ""
        return text.encode()


def form(*parts: Part) -> bytes:
    """A whole multipart body."""
    return raw_form(*((part.head(), part.content) for part in parts))


def raw_form(*parts: tuple[bytes, bytes]) -> bytes:
    """A multipart body of headers and contents as they are given."""
    delimiter = f"--{BOUNDARY}".encode()
    pieces = [b"%b\r\n%b\r\n\r\n%b\r\n" % (delimiter, head, content) for head, content in parts]
    return b"".join(pieces) + delimiter + b"--\r\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that no two pixels rows of are alike, so that it has some bytes to cut."""
    image = Image.frombytes("RGB", size, bytes(i * i % 251 for i in range(3 * size[0] * size[1])))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def pixel_bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header promises a giant picture."""
    return png(size=(width, height))


def png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (10, 10)) -> bytes:
    """A PNG of chunks that are given, between its header and a thousand bytes for pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    whole = [
        (b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    ]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in whole)


def chunked(body: bytes, size: int = 1000) -> Sequence[bytes]:
    """A body whose length is not told beforehand."""
    return [body[at : at + size] for at in range(0, len(body), size)]
