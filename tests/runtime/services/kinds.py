"""One task for each kind of value, that says what it was given or gives one back."""

from __future__ import annotations

import atexit
import mimetypes
from pathlib import Path
from tempfile import TemporaryDirectory

import PIL.Image
from PIL.Image import Image
from pydantic import BaseModel, Field

import taskyard


class Size(BaseModel):
    width: int = Field(ge=1)
    height: int = 8


class Sketch(BaseModel):
    title: str
    sizes: list[Size]


@taskyard.service
class Kinds:
    """Values of every kind."""

    def __init__(self) -> None:
        # Gone with the process: a result must have been taken over by then.
        self.folder = TemporaryDirectory()
        atexit.register(self.folder.cleanup)

    @taskyard.task
    def greet(self, name: str, times: int = 1) -> str:
        return f"Grüße, {name}! " * times

    @taskyard.task
    async def greet_later(self, name: str) -> str:
        return f"Later, {name}!"

    @taskyard.task
    def add(self, a: float, b: float | None = None) -> float:
        return a + (10 if b is None else b)

    @taskyard.task
    def grow(self, sketch: Sketch, by: int) -> Sketch:
        sizes = [Size(width=size.width * by, height=size.height * by) for size in sketch.sizes]
        return Sketch(title=sketch.title, sizes=sizes)

    @taskyard.task
    def reverse(self, data: bytes) -> bytes:
        return data[::-1]

    @taskyard.task
    def paint(self, width: int) -> Image:
        return PIL.Image.new("RGB", (width, 4), "red")

    @taskyard.task
    def mirror(self, image: Image, mask: Image | None = None) -> Image:
        image.info["masked"] = mask is not None
        return image

    @taskyard.task
    def count_pixels(self, images: list[Image], note: str = "") -> str:
        return f"{note}{[image.width * image.height for image in images]}"

    @taskyard.task
    def describe(self, document: Path) -> str:
        return f"{document.name}: {document.read_text()}"

    @taskyard.task
    def join(self, documents: list[Path]) -> str:
        return " ".join(f"{path.name}={path.read_text()}" for path in documents)

    @taskyard.task
    def export_as(self, content_type: str) -> Path:
        mimetypes.add_type(content_type, ".odd")
        path = Path(self.folder.name, "file.odd")
        path.write_text("what it may be")
        return path

    @taskyard.task
    def export(self, text: str) -> Path:
        path = Path(self.folder.name, "table.csv")
        path.write_text(text)
        return path

    @taskyard.task
    def nothing(self) -> None:
        return None
