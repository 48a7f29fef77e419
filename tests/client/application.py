"""A service and an application that calls it: what type checkers must find out, and nothing be unknown.

It is no test of its own: `mypy --strict` reads it with all tests, and test_typed_results runs parts.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import assert_type

from pydantic import BaseModel

import taskyard


class Mood(StrEnum):
    """How a picture feels."""

    CALM = "calm"
    GRIM = "grim"


class Point(BaseModel):
    """Two numbers."""

    x: float
    y: float


@taskyard.service
class Studio:
    """Tasks with results of several types."""

    @taskyard.task
    def measure(self, points: list[Point], weight: float = 1.0) -> Point:
        """The mean."""
        raise NotImplementedError

    @taskyard.task
    async def days(self, year: int) -> list[date]:
        """All of a year."""
        raise NotImplementedError

    @taskyard.task
    def mood(self, picture: Path) -> Mood:
        """How it feels."""
        raise NotImplementedError

    @taskyard.task
    def tell(self, about: str) -> Iterator[str]:
        """A story, in pieces."""
        yield "Once upon a time"


def blocking(client: taskyard.SyncHTTPClient) -> Point:
    """What the blocking client offers, with its types."""
    measure = client.endpoint(Studio.measure)
    task = measure.options(priority=1).submit([Point(x=1, y=2)], weight=2.0)
    assert_type(task, taskyard.Task[Point])
    assert_type(task.wait(timeout=10), taskyard.TaskStatus)
    for ended in taskyard.as_completed([task]):
        assert_type(ended.result(), Point)
    for line in task.logs(follow=True):
        assert_type(line, str)
    assert_type(task.logs(), str)
    assert_type(list(measure.map([[Point(x=1, y=2)]])), list[Point])
    assert_type(client.endpoint(Studio.tell)("a fox"), None)
    measure.submit("no points")  # type: ignore[arg-type]
    anything: taskyard.Task = client.measure.submit([])
    return measure([Point(x=anything.result()["x"], y=0)])


async def asynchronous(client: taskyard.AsyncHTTPClient) -> list[date]:
    """The same of the asynchronous client."""
    days = client.endpoint(Studio.days)
    task = await days.submit(2026)
    assert_type(task, taskyard.AsyncTask[list[date]])
    async for ended in taskyard.as_completed([task]):
        assert_type(await ended, list[date])
    async for event in task.events(only=["progress"]):
        assert_type(event.progress, taskyard.Progress | None)
    async for found in client.as_completed([task]):
        assert_type(found.id, str)
    assert_type(await task.attempts, Sequence[taskyard.Attempt])
    return await days(year=2026)
