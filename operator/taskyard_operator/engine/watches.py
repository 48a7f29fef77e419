"""How fresh the watches are: when each brought something last, and whether a listing was ahead of it.

A watch that is silent is mostly one of a quiet cluster. Only a listing tells whether it missed something.
"""

import time
from collections.abc import Callable, Iterable

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.engine.cache import Cache
from taskyard_operator.ports import Key


class Watches:
    """The watches by the kind that they watch, as the API calls it (`pods`), and by their namespace.

    Args:
        clock: a clock that only goes forward, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard_at: dict[tuple[str, str | None], float] = {}
        self._behind_since: dict[tuple[tuple[str, ...], str], float] = {}

    def heard(self, kind: str, namespace: str | None = None) -> None:
        """A watch has brought something: it lives, and brings what else it was behind with.

        `namespace` is the one that it watches; None where that are all.
        """
        self._heard_at[kind, namespace] = self._clock()
        for kinds, place in list(self._behind_since):
            if kind in kinds and namespace in (None, place):
                del self._behind_since[kinds, place]

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
        for run in filter(cache.lacks_run, runs):
            self._behind(run.metadata.namespace, TaskRun.PLURAL)
        for service in filter(cache.lacks_service, services):
            self._behind(service.metadata.namespace, TaskService.PLURAL)
        for key, attempt in attempts:
            if cache.lacks_attempt(key, attempt):
                self._behind(key.namespace, "jobs", "pods")

    def _behind(self, namespace: str, *kinds: str) -> None:
        self._behind_since.setdefault((kinds, namespace), self._clock())

    def left(self, namespace: str | None) -> None:
        """A namespace is not served any more: that its watches bring nothing is no fault of theirs."""
        for kind, place in list(self._heard_at):
            if place == namespace:
                del self._heard_at[kind, place]
        for kinds, place in list(self._behind_since):
            if place == namespace:
                del self._behind_since[kinds, place]

    def silence(self) -> dict[str, float]:
        """Seconds since a watch of each kind brought something; without those that never did."""
        return self._longest((kind, at) for (kind, _), at in self._heard_at.items())

    def missed(self) -> dict[str, float]:
        """Seconds since a listing was ahead of a watch that has brought nothing since."""
        since = self._behind_since.items()
        return self._longest((" and ".join(kinds), at) for (kinds, _), at in since)

    def _longest(self, since: Iterable[tuple[str, float]]) -> dict[str, float]:
        """The seconds since then; of several namespaces those of the one that has waited for longest."""
        now, longest = self._clock(), dict[str, float]()
        for kind, at in since:
            longest[kind] = max(now - at, longest.get(kind, 0.0))
        return longest
