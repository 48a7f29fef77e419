"""Pauses by chance, so that those who failed together do not come back together."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count


def jittered(seconds: float) -> float:
    """Half of `seconds` to all of it."""
    return random.uniform(seconds / 2, seconds)  # noqa: S311 - spreads load, guards nothing


def back_off(failures: int, first: float, longest: float) -> float:
    """The pause after `failures` others that were of no use: twice as long each time, up to `longest`."""
    return jittered(min(longest, first * 2.0 ** min(failures, 32)))


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pauses, in seconds, between tries of which there may be any number; see `back_off`."""

    first: float
    longest: float

    def __iter__(self) -> Iterator[float]:
        """Those of one thing that is tried, from the first on."""
        return (back_off(failures, self.first, self.longest) for failures in count())
