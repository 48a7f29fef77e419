"""The service of `gallery.py` as it is written for BentoML; its own server runs it."""

# mypy: ignore-errors

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import bentoml
import numpy as np
import pandas as pd
import PIL.Image
from PIL.Image import Image
from pydantic import BaseModel, Field


class Order(BaseModel):
    title: str
    copies: int = Field(default=1, ge=1, le=9)


class Receipt(BaseModel):
    title: str
    total: float


@bentoml.service
class Gallery:
    @bentoml.task
    def add(self, a: int, b: int = 2) -> int:
        return a + b

    @bentoml.task
    def choose(self, style: Literal["oil", "ink"], size: int | None = None) -> dict[str, Any]:
        return {"style": style, "size": size}

    @bentoml.task
    def count(self, pictures: list[Image], scale: float = 1.0) -> list[float]:
        return [picture.width * picture.height * scale for picture in pictures]

    @bentoml.task
    def export(self, text: str) -> Path:
        path = Path(tempfile.mkdtemp(), "table.csv")
        path.write_text(text)
        return path

    @bentoml.task
    def fail(self, message: str) -> str:
        raise ValueError(message)

    @bentoml.task
    def greet(self, name: str) -> str:
        return f"Grüße, {name}!"

    @bentoml.task
    def grey(self, picture: Image) -> Image:
        return picture.convert("L")

    @bentoml.task
    def hold(self, seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    @bentoml.task
    def measure(self, document: Path, note: str = "") -> dict[str, Any]:
        return {"size": len(document.read_bytes()), "suffix": document.suffix, "note": note}

    @bentoml.task
    def nothing(self) -> None:
        return None

    @bentoml.task
    def order(self, order: Order) -> Receipt:
        return Receipt(title=order.title, total=order.copies * 1.5)

    @bentoml.task
    def paint(self, width: int) -> Image:
        return PIL.Image.new("RGB", (width, 4), "red")

    @bentoml.task
    def raw(self, text: str) -> bytes:
        return text.encode("latin-1")

    @bentoml.task
    def scale(self, array: np.ndarray, by: float = 2.0) -> np.ndarray:
        return array * by

    @bentoml.task
    def sort(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sort_values("a")

    @bentoml.task(route="/deep/er/tell")
    def tell(self, about: Annotated[str, Field(max_length=20)]) -> str:
        return f"About {about}."

    @bentoml.task
    def when(self, moment: datetime, key: UUID) -> dict[str, Any]:
        return {"year": moment.year, "version": key.version}

    @bentoml.task
    def wrong(self) -> int:
        return "seven"  # type: ignore[return-value]
