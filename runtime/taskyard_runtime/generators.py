"""Runs a task that yields: each value is given away, and what the generator returns is the result."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

Give = Callable[[Any], None]
"""Gives one value away. What it raises, a cancel as well, is raised at the `yield`."""


def drained(generator: Generator[Any, None, Any], give: Give) -> Any:
    """What a generator returns, once all that it yields is given away."""
    step: Callable[[], Any] = partial(next, generator)
    try:
        while True:
            try:
                value = step()
            except StopIteration as end:
                return end.value
            step = partial(next, generator)
            try:
                give(value)
            except BaseException as error:
                step = partial(generator.throw, error)
    finally:
        generator.close()
