"""Two services whose manifests the tests apply; no pod ever runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from PIL.Image import Image
from pydantic import BaseModel, Field

import taskyard
from taskyard._service import definition_of
from taskyard.cli._manifest import to_manifest


class Point(BaseModel):
    """Two numbers."""

    x: float
    y: float


@taskyard.service
class Studio:
    """One task for each kind of input."""

    @taskyard.task
    def paint(
        self,
        prompt: str,
        steps: int = Field(default=20, ge=1, le=100),
        style: Literal["oil", "ink"] = "oil",
        seed: int | None = None,
    ) -> Image:
        """A picture of the prompt."""
        raise NotImplementedError

    @taskyard.task
    def measure(self, points: list[Point], centre: Point | None = None) -> Point:
        """The mean of some points."""
        raise NotImplementedError

    @taskyard.task
    def echo(self, value: Any) -> Any:
        """The value."""
        raise NotImplementedError

    @taskyard.task
    def describe(self, picture: Image, question: str = "", words: int = 10) -> str:
        """What the picture shows."""
        raise NotImplementedError

    @taskyard.task
    def compare(self, pictures: list[Image], weights: list[float] | None = None) -> float:
        """How much they differ."""
        raise NotImplementedError

    @taskyard.task
    def convert(self, document: Path, cover: Image | None = None) -> Path:
        """The document in another form."""
        raise NotImplementedError

    @taskyard.task
    def hear(self, sound: bytes) -> bytes:
        """The sound, backwards."""
        raise NotImplementedError

    @taskyard.task(route="/v1/story/tell")
    def tell(self, to: str, about: str) -> str:
        """A story."""
        raise NotImplementedError


@taskyard.service
class Workshop:
    """A second service in the same namespace."""

    @taskyard.task
    def paint(self, colour: str) -> str:
        """Not the studio's."""
        raise NotImplementedError


def manifest(cls: type, name: str) -> dict[str, Any]:
    """What `taskyard manifest` prints for the class."""
    return to_manifest(definition_of(cls), f"studio:{cls.__name__}", "nowhere.test/studio:1", name)
