"""The kinds of tasks, and how each must end whatever happens to the cluster meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SOON = {"initial": 1, "factor": 2, "max": 5}
DISRUPTIONS = 10
"""Enough that no run has used up its disruptions: else it would be right to end as Disrupted."""


def retries(limit: int) -> dict[str, Any]:
    return {"limit": limit, "disruptions": DISRUPTIONS, "backoff": SOON}


@dataclass(frozen=True)
class Kind:
    """One way to end."""

    name: str
    task: str
    end: tuple[str, str]
    """Phase and reason."""
    share: int
    """How many of twenty tasks are of it."""
    result: Callable[[int], str] | None = None
    """What the task of a number returns."""
    settings: dict[str, Any] | None = None
    """What the TaskService says of the task."""
    cancelled: bool = False
    """Whether the client asks for the end once it runs."""
    retried: bool = False
    """Whether the client has it run again once it has ended."""

    @property
    def own_failures(self) -> frozenset[str]:
        """The reasons with which an attempt of it may end, disruptions apart; empty is success."""
        return frozenset({self.end[1], *(["TaskError"] if self.task == "stumble" else [])})


def done(number: int) -> str:
    return f"done {number}"


def much(number: int) -> str:
    return f"much {number} " * 300_000


SUCCEEDED, FAILED = ("Succeeded", ""), ("Failed", "TaskError")
KINDS = (
    Kind("success", "succeed", SUCCEEDED, 4, done),
    Kind("progress", "take_a_while", SUCCEEDED, 4, done),
    Kind("large result", "return_much", SUCCEEDED, 2, much),
    Kind("error", "fail", FAILED, 1),
    Kind("error, run again by hand", "fail", FAILED, 1, retried=True),
    Kind("error, then success", "stumble", SUCCEEDED, 2, done, {"retries": retries(1)}),
    Kind("crash", "crash", ("Failed", "ProcessCrashed"), 1),
    Kind("too much memory", "fill_memory", ("Failed", "OutOfMemory"), 1),
    Kind(
        "too long", "overrun", ("Failed", "RunDeadlineExceeded"), 2,
        settings={"deadlines": {"run": 6}},
    ),
    Kind("cancelled", "hold", ("Cancelled", "Cancelled"), 2, cancelled=True),
)  # fmt: skip


@dataclass(frozen=True)
class Play:
    """One task that a client submits, and when, in seconds from the beginning."""

    number: int
    kind: Kind
    at: float


def plays(seed: int, count: int, seconds: float) -> list[Play]:
    """So many plays of all kinds at random times, in order; the same for the same seed."""
    draw = random.Random(f"plays {seed}")
    twenty = [kind for kind in KINDS for _ in range(kind.share)]
    kinds = [twenty[number % len(twenty)] for number in range(count)]
    draw.shuffle(kinds)
    times = sorted(draw.uniform(0, seconds) for _ in range(count))
    return [
        Play(number, kind, at) for number, (kind, at) in enumerate(zip(kinds, times, strict=True))
    ]
