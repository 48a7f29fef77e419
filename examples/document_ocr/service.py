"""A document reading service: scanned pages in, text with places and confidence out."""

import tempfile
from pathlib import Path

from PIL.Image import Image

import taskyard
from documents import open_document
from reader import Page, PageReader


@taskyard.service
class DocumentOCRService:
    """Reads printed English and Chinese from scanned pages."""

    def __init__(self) -> None:
        self._reader = PageReader()

    @taskyard.task
    def read_pages(self, pages: list[Image]) -> list[Page]:
        """Read a few pages, given as pictures."""
        if not pages:
            raise ValueError("pages is empty: give at least one picture")
        task = taskyard.current_task()
        read = []
        for number, picture in enumerate(pages, start=1):
            task.progress((number - 1) / len(pages), f"page {number} of {len(pages)}")
            read.append(self._reader.read(picture))
        return read

    @taskyard.task
    def read_file(self, document: Path) -> Path:
        """Read a multi-page TIFF or a zip of pictures into JSON lines, one page per line."""
        task = taskyard.current_task()
        result = Path(tempfile.mkdtemp(prefix="pages-")) / f"{document.stem}.jsonl"
        with open_document(document) as pages, result.open("w", encoding="utf-8") as lines:
            for number, picture in enumerate(pages.pages, start=1):
                # A TIFF inside a zip may have several pages, which are only counted when read.
                count = max(number, pages.count)
                task.progress((number - 1) / count, f"page {number} of {count}")
                lines.write(self._reader.read(picture).model_dump_json() + "\n")
        return result
