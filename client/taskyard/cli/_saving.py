"""Results on their way to a person: text to standard output, files into files under their names."""

import mimetypes
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from taskyard.cli._exits import CommandError

STANDARD_OUTPUT = Path("-")
TEXT = ("text/", "application/json")
"""How the content types begin of what a terminal can show."""


def place_for(fallback: str, content_type: str, name: str | None, to: Path | None) -> Path:
    """Where a result belongs: where it was asked for, standard output, or a file in this folder.

    Args:
        fallback: names the file where the result has no name.
        content_type: of the result.
        name: of the result, if it has one; safe to use in any folder.
        to: a file, a folder, or - for standard output; None where nobody has said.
    """
    kind = content_type.partition(";")[0].strip().lower()
    called = name or fallback + (mimetypes.guess_extension(kind) or "")
    if to is not None:
        return to / called if to.is_dir() else to
    return STANDARD_OUTPUT if name is None and kind.startswith(TEXT) else Path(called)


def save(pieces: Iterable[bytes], place: Path, *, replace: bool) -> None:
    """Write a result; a file is there under its name only once it is whole.

    Raises:
        CommandError: there is such a file already, and it was not asked to be replaced.
        OSError: it cannot be written.
    """
    if place == STANDARD_OUTPUT:
        _print(pieces)
        return
    if place.exists() and place.is_file() and not replace:
        raise CommandError(f"{place} is there already; name a file with --to to replace it")
    if place.exists() and not place.is_file():  # a device or a pipe
        with place.open("wb") as file:
            _write(pieces, file)
        return
    part = place.with_name(f"{place.name}.part")
    try:
        with part.open("wb") as file:
            _write(pieces, file)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _print(pieces: Iterable[bytes]) -> None:
    """To standard output; in a terminal the prompt then begins a new line."""
    last = b"\n"
    for piece in pieces:
        sys.stdout.buffer.write(piece)
        last = piece[-1:] or last
    if last != b"\n" and sys.stdout.isatty():
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def _write(pieces: Iterable[bytes], file: BinaryIO) -> None:
    for piece in pieces:
        file.write(piece)
