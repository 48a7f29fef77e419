"""The same as it is written for BentoML."""

# mypy: ignore-errors

import time

import bentoml


@bentoml.service
class Trivial:
    @bentoml.task
    def add(self, a: int, b: int = 2) -> int:
        return a + b

    @bentoml.task
    def hold(self, seconds: float) -> None:
        time.sleep(seconds)
