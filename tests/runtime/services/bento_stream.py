"""A service for BentoML with a task that yields, which BentoML has none of."""

# mypy: ignore-errors

from collections.abc import Generator

import bentoml


@bentoml.service
class Streamer:
    @bentoml.task
    def count(self, to: int) -> Generator[str, None, None]:
        yield from map(str, range(to))
