"""A service whose tasks do, on request, what tasks do in life; the tests on the real cluster call it."""

import asyncio
import hashlib
import time
from pathlib import Path

from PIL.Image import Image
from pydantic import BaseModel

import taskyard


class Point(BaseModel):
    """Two numbers."""

    x: float
    y: float


@taskyard.service
class Lab:
    """Tasks for tests."""

    @taskyard.task
    def greet(self, name: str, times: int = 1) -> str:
        """Say hello."""
        return " ".join([f"Hello, {name}!"] * times)

    @taskyard.task
    async def middle(self, points: list[Point]) -> Point:
        """The mean of some points."""
        await asyncio.sleep(0)
        count = len(points)
        return Point(x=sum(p.x for p in points) / count, y=sum(p.y for p in points) / count)

    @taskyard.task
    def fail(self, message: str) -> str:
        """Raise."""
        raise ValueError(message)

    @taskyard.task
    def hold(self, seconds: float) -> float:
        """Run for some seconds and tell how far it is."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            taskyard.current_task().progress(1 - left / seconds, f"{left:.0f} s left")
            time.sleep(min(0.2, left))
        return seconds

    @taskyard.task
    def grey(self, picture: Image) -> Image:
        """The picture without its colours."""
        return picture.convert("L")

    @taskyard.task
    def digest(self, document: Path) -> Path:
        """A file with the size and the digest of another."""
        data = document.read_bytes()
        result = Path("/tmp/digest.txt")
        result.write_text(f"{len(data)} {hashlib.sha256(data).hexdigest()}")
        return result
