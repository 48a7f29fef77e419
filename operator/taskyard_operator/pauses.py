"""Pauses by chance, so that those who failed together do not come back together."""

import random


def jittered(seconds: float) -> float:
    """Half of `seconds` to all of it."""
    return random.uniform(seconds / 2, seconds)  # noqa: S311 - spreads load, guards nothing


def back_off(failures: int, first: float, longest: float) -> float:
    """The pause after `failures` others that were of no use: twice as long each time, up to `longest`."""
    return jittered(min(longest, first * 2.0 ** min(failures, 32)))
