"""A task for each kind of value but arrays and tables: it gives back what it was given if of the right type."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import PIL.Image
from PIL.Image import Image
from pydantic import BaseModel, Field

import taskyard


class Style(Enum):
    OIL = "oil"
    INK = "ink"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Size(BaseModel):
    width: int = Field(ge=1)
    height: int = 8


class Sketch(BaseModel):
    title: str
    sizes: list[Size] = []
    style: Style = Style.OIL
    by: UUID | None = None


Value = TypeVar("Value")


def kept(value: Value, kind: type) -> Value:
    """The value, which is of the type that the annotation says."""
    assert isinstance(value, kind), f"{value!r} is no {kind}"
    return value


@taskyard.service
class Plain:
    @taskyard.task
    def whole(self, value: int) -> int:
        return kept(value, int)

    @taskyard.task
    def number(self, value: float) -> float:
        return kept(value, float)

    @taskyard.task
    def truth(self, value: bool) -> bool:
        return kept(value, bool)

    @taskyard.task
    def text(self, value: str) -> str:
        return kept(value, str)

    @taskyard.task
    def nothing(self, value: None = None) -> None:
        assert value is None

    @taskyard.task
    def anything(self, value: Any) -> Any:
        return value

    @taskyard.task
    def listed(self, value: list[int]) -> list[int]:
        return kept(value, list)

    @taskyard.task
    def mapped(self, value: dict[str, list[float]]) -> dict[str, list[float]]:
        return kept(value, dict)

    @taskyard.task
    def pair(self, value: tuple[int, str]) -> tuple[int, str]:
        return kept(value, tuple)

    @taskyard.task
    def once(self, value: set[int]) -> set[int]:
        return kept(value, set)

    @taskyard.task
    def sketch(self, value: Sketch) -> Sketch:
        return kept(value, Sketch)

    @taskyard.task
    def sketches(self, value: dict[str, list[Sketch]]) -> dict[str, list[Sketch]]:
        assert all(isinstance(each, Sketch) for sketches in value.values() for each in sketches)
        return value

    @taskyard.task
    def choice(self, value: Literal["oil", "ink", 3]) -> Literal["oil", "ink", 3]:
        return value

    @taskyard.task
    def style(self, value: Style) -> Style:
        return kept(value, Style)

    @taskyard.task
    def level(self, value: Level) -> Level:
        return kept(value, Level)

    @taskyard.task
    def maybe(self, value: int | None) -> int | None:
        return value

    @taskyard.task
    def either(self, value: int | list[str] | Size) -> int | list[str] | Size:
        return value

    @taskyard.task
    def moment(self, value: datetime) -> datetime:
        assert value.tzinfo is not None
        return kept(value, datetime)

    @taskyard.task
    def day(self, value: date) -> date:
        return kept(value, date)

    @taskyard.task
    def span(self, value: timedelta) -> timedelta:
        return kept(value, timedelta)

    @taskyard.task
    def name(self, value: UUID) -> UUID:
        return kept(value, UUID)

    @taskyard.task
    def money(self, value: Decimal) -> Decimal:
        return kept(value, Decimal)

    @taskyard.task
    def defaults(
        self,
        number: int = 3,
        text: str = "a word",
        style: Style = Style.INK,
        size: Size = Size(width=4),  # noqa: B008
        bounded: Annotated[float, Field(gt=0)] = 0.5,
        maybe: UUID | None = None,
        picture: Image | None = None,
    ) -> list[Any]:
        assert picture is None
        return [number, text, style, size, bounded, maybe]

    @taskyard.task
    def raw(self, value: bytes) -> bytes:
        return kept(value, bytes)

    @taskyard.task
    def file(self, value: Path) -> Path:
        return kept(value, Path)

    @taskyard.task
    def sound(
        self, value: Annotated[Path, taskyard.ContentType("audio/*")]
    ) -> Annotated[Path, taskyard.ContentType("audio/x-taskyard")]:
        path = Path(tempfile.mkdtemp(), "sound.of-no-known-type")
        path.write_bytes(kept(value, Path).read_bytes())
        return path

    @taskyard.task
    def files(self, value: list[Path], note: str = "") -> list[str]:
        return [note, *(f"{path.name}: {path.read_text()}" for path in value)]

    @taskyard.task
    def picture(self, value: Image) -> Image:
        return kept(value, PIL.Image.Image)

    @taskyard.task
    def turned(self, value: Image, degrees: int = 90) -> Image:
        """Made in memory, so that it has no format of its own."""
        return value.rotate(degrees, expand=True)

    @taskyard.task
    def pictures(self, value: list[Image]) -> list[str]:
        return [f"{each.mode} {each.width}x{each.height}" for each in value]
