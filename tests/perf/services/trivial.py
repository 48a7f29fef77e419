"""The least that a task can do, and one that holds its place."""

import time

import taskyard


@taskyard.service
class Trivial:
    @taskyard.task
    def add(self, a: int, b: int = 2) -> int:
        return a + b

    @taskyard.task
    def hold(self, seconds: float) -> None:
        time.sleep(seconds)
