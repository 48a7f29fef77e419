"""The pages of a document: a TIFF (or other picture) of one or more pages, or a zip of pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from PIL import Image, ImageSequence, UnidentifiedImageError

MOST_PAGES = 2000
LARGEST_FILE = 256 * 1024**2
"""Bytes that one picture in a zip may have when unpacked."""

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})


class Document:
    """A document that is open; its pages are loaded one at a time."""

    def __init__(self, count: int, pages: Iterator[Image.Image]) -> None:
        self.count = count
        self.pages = pages


@contextmanager
def open_document(path: Path) -> Iterator[Document]:
    """The document in a file, for as long as the block lasts.

    Raises:
        ValueError: it is no such document, or too large; the message says what to do.
    """
    if is_zipfile(path):
        with _open_zip(path) as archive:
            members = _pictures(archive)
            yield Document(_counted(len(members)), _unpacked(archive, members))
        return
    with _open_picture(path) as picture:
        yield Document(_counted(getattr(picture, "n_frames", 1)), ImageSequence.Iterator(picture))


def _open_zip(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except BadZipFile as error:
        raise ValueError(f"{path.name} is a damaged zip file: {error}") from error


def _open_picture(path: Path) -> Image.Image:
    try:
        return Image.open(path)
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{path.name} is neither a picture nor a zip: give a multi-page TIFF or a zip of images"
        ) from error


def _pictures(archive: ZipFile) -> list[ZipInfo]:
    """The pictures in a zip, by name, without what a file manager hides beside them."""
    members = [
        member
        for member in archive.infolist()
        if PurePosixPath(member.filename).suffix.lower() in _SUFFIXES
        and not any(part.startswith((".", "__")) for part in PurePosixPath(member.filename).parts)
    ]
    return sorted(members, key=lambda member: member.filename)


def _unpacked(archive: ZipFile, members: list[ZipInfo]) -> Iterator[Image.Image]:
    for member in members:
        if member.file_size > LARGEST_FILE:
            limit = LARGEST_FILE // 1024**2
            raise ValueError(f"{member.filename} is larger than {limit} MiB: scan it coarser")
        with archive.open(member) as file:
            try:
                picture = Image.open(file)
            except UnidentifiedImageError as error:
                raise ValueError(f"{member.filename} in the zip is no picture") from error
            with picture:
                yield from ImageSequence.Iterator(picture)


def _counted(count: int) -> int:
    if count == 0:
        kinds = ", ".join(sorted(_SUFFIXES))
        raise ValueError(f"the zip holds no pictures: put in files that end in {kinds}")
    if count > MOST_PAGES:
        raise ValueError(f"the document has {count} pages: split it, {MOST_PAGES} is the limit")
    return count
