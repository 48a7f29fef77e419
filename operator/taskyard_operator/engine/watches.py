"""How fresh the watches are: when each brought something last, and whether a listing was ahead of it.

A watch that is silent is mostly one of a quiet cluster. Only a listing tells whether it missed something.
"""

import time
from collections.abc import Callable, Iterable
from itertools import starmap

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.cache import Cache
from taskyard_operator.ports import Key


class Watches:
    """The watches by the kind that they watch, as the API calls it (`pods`).

    Args:
        clock: a clock that only goes forward, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard_at: dict[str, float] = {}
        self._behind_since: dict[tuple[str, ...], float] = {}

    def heard(self, kind: str) -> None:
        """A watch has brought something: it lives, and brings what else it was behind with."""
        self._heard_at[kind] = self._clock()
        for kinds in [kinds for kinds in self._behind_since if kind in kinds]:
            del self._behind_since[kinds]

    def compare(
        self,
        cache: Cache,
        runs: Iterable[TaskRun],
        services: Iterable[TaskService],
        attempts: Iterable[tuple[Key, Attempt]],
    ) -> None:
        """Note which watches are behind a listing that is not in the cache yet.

        Most of what is new there is on its way; a watch that lives brings it in a moment.
        """
        if any(map(cache.lacks_run, runs)):
            self._behind(TaskRun.PLURAL)
        if any(map(cache.lacks_service, services)):
            self._behind(TaskService.PLURAL)
        if any(starmap(cache.lacks_attempt, attempts)):
            self._behind("jobs", "pods")

    def _behind(self, *kinds: str) -> None:
        self._behind_since.setdefault(kinds, self._clock())

    def silence(self) -> dict[str, float]:
        """Seconds since each watch brought something; without those that never did."""
        now = self._clock()
        return {kind: now - at for kind, at in self._heard_at.items()}

    def missed(self) -> dict[str, float]:
        """Seconds since a listing was ahead of a watch that has brought nothing since."""
        now = self._clock()
        return {" and ".join(kinds): now - at for kinds, at in self._behind_since.items()}
