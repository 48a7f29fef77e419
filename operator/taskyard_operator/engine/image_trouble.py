"""Since when the images of attempts could not be pulled: kept in memory, as nothing in the cluster tells it.

The pull of a large image may take long before it fails for the first time, and an init container before
it begins. After a restart of the controller the patience with an image begins anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.ports import Key


class _Met(NamedTuple):
    """When an attempt was first seen in trouble."""

    owner: str
    number: int
    at: datetime


class ImageTrouble:
    """Remembers it for each run."""

    def __init__(self) -> None:
        self._met: dict[Key, _Met] = {}

    def laid_on(
        self, run: TaskRun, attempts: Sequence[Attempt], now: datetime
    ) -> Sequence[Attempt]:
        """The attempts of a run; of one whose image cannot be pulled it is told since when."""
        key, owner = Key.of(run), run.metadata.uid
        own = [attempt for attempt in attempts if attempt.owner == owner]
        last = max(own, key=lambda attempt: attempt.number, default=None)
        if last is None or last.waiting is None or last.waiting.patience is None:
            self.forget(key)
            return attempts
        met = self._met.get(key)
        if met is None or (met.owner, met.number) != (owner, last.number):
            met = self._met[key] = _Met(owner, last.number, now)
        told = replace(last, waiting=replace(last.waiting, since=met.at))
        return [told if attempt is last else attempt for attempt in attempts]

    def forget(self, key: Key) -> None:
        """The run has ended, or is gone."""
        self._met.pop(key, None)
