"""What may be given for a file: a path, an open file, bytes, or a picture."""

import io
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskyard._client._body import InMemory, OnDisk, Opened, Source, opened
from taskyard._values.images import LOSSLESS

UNKNOWN_TYPE = "application/octet-stream"
FILE_VALUES = "a path, an open binary file, bytes or a PIL image"


@dataclass(frozen=True)
class FilePart:
    """A file on its way: its name and type for the other side, and where its bytes come from."""

    file_name: str
    content_type: str
    source: Source


def file_part(value: Any, called: str) -> FilePart:
    """The part for `value`; `called` is the argument's name, and the file's where it has none.

    Raises:
        TypeError: `value` cannot be a file.
        OSError: there is no such file, or it cannot be read.
    """
    if isinstance(value, str | os.PathLike):
        return _from_path(Path(value), called)
    if isinstance(value, bytes | bytearray | memoryview):
        return FilePart(called, UNKNOWN_TYPE, InMemory(memoryview(value)))
    if isinstance(value, io.TextIOBase):
        raise TypeError(f"{called!r} is a file opened as text; open it with mode 'rb'")
    if hasattr(value, "read"):
        return _from_open_file(value, called)
    if hasattr(value, "save") and hasattr(value, "getbands"):
        return _from_picture(value, called)
    raise TypeError(f"{called!r} takes {FILE_VALUES}, not {type(value).__name__}")


def is_file(value: Any) -> bool:
    """Whether `value` can only be meant as a file: text could be a path or just text."""
    return not isinstance(value, str) and (
        isinstance(value, bytes | bytearray | memoryview | os.PathLike) or hasattr(value, "read")
    )


def _from_path(path: Path, called: str) -> FilePart:
    try:
        if path.is_dir():
            raise IsADirectoryError(f"{called!r} takes a file, and {path} is a directory")
        # Opened to learn now, before anything is sent, whether it can be read at all.
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.seekable():
                return FilePart(path.name, _guessed(path.name), OnDisk(path, size))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{called!r} takes {FILE_VALUES}; there is no file {path}"
        ) from None
    raise TypeError(f"{called!r}: {path} is no regular file; open it, and give the open file")


def _from_open_file(file: Any, called: str) -> FilePart:
    given = getattr(file, "name", None)
    name = Path(given).name if isinstance(given, str) and Path(given).name else called
    source: Opened = opened(file)
    return FilePart(name, _guessed(name), source)


def _from_picture(picture: Any, called: str) -> FilePart:
    own = picture.format if picture.format in LOSSLESS else "PNG"
    # TIFF comes last: it takes the colour spaces that PNG lacks, such as CMYK.
    for kind in (own, "PNG", "TIFF"):
        buffer = io.BytesIO()
        moving = getattr(picture, "n_frames", 1) > 1
        try:
            picture.save(buffer, format=kind, save_all=moving, **LOSSLESS[kind])
        except (OSError, ValueError, KeyError):
            continue  # this format has no such colour space
        name = f"{called}.{kind.lower()}"
        return FilePart(name, f"image/{kind.lower()}", InMemory(buffer.getbuffer()))
    raise TypeError(f"{called!r} is a picture of mode {picture.mode}; convert it to 'RGB' first")


def _guessed(file_name: str) -> str:
    return mimetypes.guess_type(file_name)[0] or UNKNOWN_TYPE
