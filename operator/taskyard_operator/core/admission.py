"""Whose turn it is: which runs of a namespace may have an attempt, where their number is limited.

A run holds a place from the moment it may start until its attempt is closed; between two attempts it
stands in line again. Of those that wait, the highest priority goes first, then the oldest.
"""

import re
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from math import inf

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt

Rank = tuple[int, str, str]
"""Sorts runs as they are served: priority (highest first), creation, name."""

NEWS_SECONDS = (5, 600)
"""The shortest and the longest time between two looks at the position of a run that waits.

In between it is a second for each run ahead. So the first 600 of a line cost some six status writes a
second together, and each further 600 one more.
"""


_POSITION = re.compile(r"this one is number (\d{1,9}) in line\.$")


@dataclass(frozen=True, slots=True)
class Turn:
    """A run's place in line: `position` counts from 1, and is counted anew at `again_at`.

    `holder` is who has the limit: a service or a namespace, with its kind before its name.
    """

    position: int
    holder: str
    limit: int
    again_at: datetime

    @property
    def message(self) -> str:
        """What the run is waiting for, in one sentence."""
        runs = "1 run" if self.limit == 1 else f"{self.limit} runs"
        return (
            f"{self.holder} may have {runs} at a time; this one is number {self.position} in line."
        )


def position_told(message: str) -> int | None:
    """The position that the message of a `Turn` tells; None where another message is given."""
    found = _POSITION.search(message)
    return int(found[1]) if found else None


def rank_of(run: TaskRun) -> Rank:
    """Where a run stands among others: the lower, the sooner."""
    created = run.metadata.creation_timestamp
    return (-(run.spec.priority or 0), created.isoformat() if created else "", run.metadata.name)


def open_attempt(run: TaskRun, attempts: Sequence[Attempt]) -> int | None:
    """The number of the attempt for which a run holds a place, or None where it needs none.

    One that was seen, or that the status tells of, and that was not closed: that it is not seen any
    more does not prove that its pod has gone.
    """
    if run.status.terminal:
        return None
    seen = (attempt.number for attempt in attempts if attempt.owner == run.metadata.uid)
    number = max([*seen, run.status.attempt or 0, 0])
    closed = {record.number for record in run.status.attempts if record.finished_at}
    return number if number and number not in closed else None


class Line:
    """The runs of one namespace that have a place, and those that wait for one, by name.

    Args:
        namespace: its name, for messages.
        limit: the most runs of the namespace that have a place at once; None where there is no limit.
        made_ready: so many more have one to wait in, until what they need is free; for people they are the
            first in line.
    """

    def __init__(self, namespace: str, limit: int | None = None, made_ready: int = 0) -> None:
        self._namespace = namespace
        self._limit = limit
        self._made_ready = made_ready
        self._limits: dict[str, int] = {}
        self._placed: dict[str, str] = {}
        self._places = Counter[str]()
        self._waiting: dict[str, tuple[str, Rank]] = {}
        self._ranks: defaultdict[str, list[Rank]] = defaultdict(list)
        self._told: dict[str, Turn] = {}

    def set_limit(self, service: str, limit: int | None) -> None:
        """The most runs of a service that have a place at once; None where there is no limit."""
        if limit is None:
            self._limits.pop(service, None)
        else:
            self._limits[service] = limit

    def limits(self, service: str) -> bool:
        """Whether the runs of a service may have to wait at all."""
        return self._limit is not None or service in self._limits

    def place(self, run: TaskRun) -> None:
        """A run has a place: it was found with an attempt, or has just been given it."""
        name, service = run.metadata.name, run.spec.service
        self._leave_line(name)
        if name not in self._placed:
            self._placed[name] = service
            self._places[service] += 1

    def enter(self, run: TaskRun) -> None:
        """A run wants a place, and waits until it is given one; it may be in line already."""
        name, service = run.metadata.name, run.spec.service
        if name not in self._placed and name not in self._waiting:
            self._waiting[name] = service, rank_of(run)
            insort(self._ranks[service], rank_of(run))

    def ask(self, run: TaskRun, now: datetime) -> Turn | None:
        """Give a run a place if it is its turn, and return None; or else where in line it stands.

        Whoever has a place keeps it.
        """
        name = run.metadata.name
        self.enter(run)
        if name in self._placed:
            return None
        service, rank = self._waiting[name]
        if self._is_next(service, rank):
            self.place(run)
            return None
        told = self._told.get(name)
        if told is None or told.again_at <= now:
            told = self._told[name] = self._turn(service, rank, now)
        return told

    def leave(self, name: str) -> bool:
        """A run needs no place any more.

        Returns whether it had one, or stood in line for one: then it may be the turn of others.
        """
        stood = self._leave_line(name)
        service = self._placed.pop(name, None)
        if service is not None:
            self._places[service] -= 1
        return stood or service is not None

    def next(self) -> list[str]:
        """The names of those whose turn it is now."""
        heads = (
            islice(ranks, 0, _count(self._free(service))) for service, ranks in self._ranks.items()
        )
        return [name for _, _, name in islice(merge(*heads), _count(self._free_in_namespace()))]

    def _leave_line(self, name: str) -> bool:
        self._told.pop(name, None)
        service, rank = self._waiting.pop(name, ("", None))
        if rank is None:
            return False
        ranks = self._ranks[service]
        del ranks[bisect_left(ranks, rank)]
        if not ranks:
            del self._ranks[service]
        return True

    def _is_next(self, service: str, rank: Rank) -> bool:
        if bisect_left(self._ranks[service], rank) >= self._free(service):
            return False
        # Of the others only those are ahead that have a place to go to in their own service.
        ahead = (min(bisect_left(ranks, rank), self._free(s)) for s, ranks in self._ranks.items())
        return self._limit is None or sum(ahead) < self._free_in_namespace()

    def _turn(self, service: str, rank: Rank, now: datetime) -> Turn:
        ahead = bisect_left(self._ranks[service], rank)
        holder, limit = f"Service {service}", self._limits.get(service, 0)
        if ahead < self._free(service):
            waiting = sum(bisect_left(ranks, rank) for ranks in self._ranks.values())
            ahead = self._made_ready + waiting
            holder, limit = f"Namespace {self._namespace}", self._limit or 0
        shortest, longest = NEWS_SECONDS
        again = now + timedelta(seconds=min(max(shortest, ahead), longest))
        return Turn(ahead + 1, holder, limit, again)

    def _free(self, service: str) -> float:
        limit = self._limits.get(service)
        return inf if limit is None else max(0, limit - self._places[service])

    def _free_in_namespace(self) -> float:
        if self._limit is None:
            return inf
        return max(0, self._limit + self._made_ready - self._places.total())


def _count(number: float) -> int | None:
    """A number of items for `islice`, for which None means all."""
    return None if number == inf else int(number)
