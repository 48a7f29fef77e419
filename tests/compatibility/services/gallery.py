"""A service of ours with a task for each kind of value; `bento_gallery.py` is the same in BentoML."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import PIL.Image
from PIL.Image import Image
from pydantic import BaseModel, Field

import taskyard


class Order(BaseModel):
    title: str
    copies: int = Field(default=1, ge=1, le=9)


class Receipt(BaseModel):
    title: str
    total: float


@taskyard.service
class Gallery:
    @taskyard.task
    def add(self, a: int, b: int = 2) -> int:
        return a + b

    @taskyard.task
    def choose(self, style: Literal["oil", "ink"], size: int | None = None) -> dict[str, Any]:
        return {"style": style, "size": size}

    @taskyard.task
    def count(self, pictures: list[Image], scale: float = 1.0) -> list[float]:
        return [picture.width * picture.height * scale for picture in pictures]

    @taskyard.task
    def export(self, text: str) -> Path:
        path = Path(tempfile.mkdtemp(), "table.csv")
        path.write_text(text)
        return path

    @taskyard.task
    def fail(self, message: str) -> str:
        raise ValueError(message)

    @taskyard.task
    def greet(self, name: str) -> str:
        return f"Grüße, {name}!"

    @taskyard.task
    def grey(self, picture: Image) -> Image:
        return picture.convert("L")

    @taskyard.task
    def hold(self, seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    @taskyard.task
    def measure(self, document: Path, note: str = "") -> dict[str, Any]:
        return {"size": len(document.read_bytes()), "suffix": document.suffix, "note": note}

    @taskyard.task
    def nothing(self) -> None:
        return None

    @taskyard.task
    def order(self, order: Order) -> Receipt:
        return Receipt(title=order.title, total=order.copies * 1.5)

    @taskyard.task
    def paint(self, width: int) -> Image:
        return PIL.Image.new("RGB", (width, 4), "red")

    @taskyard.task
    def raw(self, text: str) -> bytes:
        return text.encode("latin-1")

    @taskyard.task
    def scale(self, array: list[list[float]], by: float = 2.0) -> list[list[float]]:
        """Its manifest says `tensor` of both: so is it for a client of BentoML."""
        return [[number * by for number in row] for row in array]

    @taskyard.task
    def sort(self, frame: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Its manifest says `dataframe` of both."""
        return sorted(frame, key=lambda row: row["a"])

    @taskyard.task(route="/deep/er/tell")
    def tell(self, about: Annotated[str, Field(max_length=20)]) -> str:
        return f"About {about}."

    @taskyard.task
    def when(self, moment: datetime, key: UUID) -> dict[str, Any]:
        return {"year": moment.year, "version": key.version}

    @taskyard.task
    def wrong(self) -> int:
        return "seven"  # type: ignore[return-value]
