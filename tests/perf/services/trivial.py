"""The least that a task can do, and one that holds its place."""

import time

import taskyard


@taskyard.service
class Trivial:
    def __init__(self) -> None:
        self.turns = 0

    @taskyard.task
    def turn(self) -> int:
        """The how-manieth call it is, where the service is kept warm."""
        self.turns += 1
        return self.turns

    @taskyard.task
    def add(self, a: int, b: int = 2) -> int:
        return a + b

    @taskyard.task
    def hold(self, seconds: float) -> None:
        time.sleep(seconds)
