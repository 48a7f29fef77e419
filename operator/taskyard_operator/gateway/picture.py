"""Is this a picture? Looked at before a task is made of it."""

import asyncio
import tempfile
from typing import IO

from PIL import Image, UnidentifiedImageError

from taskyard_operator.gateway.errors import TooLarge
from taskyard_operator.gateway.settings import GatewaySettings

# Pillow has a limit of its own; here a setting decides. Once for the process, as Pillow's is.
Image.MAX_IMAGE_PIXELS = None

_IN_MEMORY = 1024**2
"""A picture up to this many bytes is held in memory, a larger one in a temporary file."""


class ArrivingPicture:
    """A picture that comes in pieces, held until it can be looked at; whoever makes one closes it.

    Args:
        limits: how large it may be.
        subject: what it is called at the beginning of a sentence.
    """

    def __init__(self, limits: GatewaySettings, subject: str) -> None:
        self._limits = limits
        self._subject = subject
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed in close
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            TooLarge: with it the picture is too large.
        """
        self._size += len(piece)
        limit = self._limits.max_picture_bytes
        if self._size > limit:
            raise TooLarge(
                f"{self._subject} has more than {limit} bytes, which is the gateway's setting "
                "maxPictureBytes; send a smaller one."
            )
        self._file.write(piece)

    async def fault(self) -> str | None:
        """What is wrong with it, now that it is there; in a thread, since large ones take a while."""
        return await asyncio.to_thread(
            _fault_of_picture, self._file, self._limits.max_picture_pixels
        )

    def close(self) -> None:
        """Hold it no longer."""
        self._file.close()


def _fault_of_picture(file: IO[bytes], max_pixels: int) -> str | None:
    """What is wrong with a picture, or None.

    The header is read and the file's structure verified where its format has checksums; decoding all
    of it is left to the task, so that nobody can make the gateway spend memory on a pixel bomb.
    """
    file.seek(0)
    try:
        with Image.open(file) as picture:
            pixels = picture.width * picture.height
            if pixels > max_pixels:
                return f"the picture has {pixels} pixels, and at most {max_pixels} are taken"
            picture.verify()
    except UnidentifiedImageError:
        return "not a picture in a format that Pillow reads; give for instance PNG, JPEG or WebP"
    except Exception as error:
        return f"a broken picture: {str(error)[:200]}"
    return None
