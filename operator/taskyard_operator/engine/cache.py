"""What was last seen of every run, service and attempt.

Handlers write here and return; `reconcile` reads from here. Nothing in it is ever trusted to be
missing: an event may simply not have come yet (see `Plan.confirm`).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from taskyard.api.taskrun import TaskRun
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.ports import Key


class Cache:
    """Runs, services and attempts by key; older versions of a run never replace newer ones."""

    def __init__(self) -> None:
        self._runs: dict[Key, TaskRun] = {}
        self._services: dict[Key, TaskService] = {}
        self._attempts: dict[Key, dict[tuple[int, str], Attempt]] = {}
        self._runs_of_service: defaultdict[Key, set[Key]] = defaultdict(set)
        self._dropped: set[str] = set()

    def run(self, key: Key) -> TaskRun | None:
        """The run as last seen."""
        return self._runs.get(key)

    def service_of(self, run: TaskRun) -> TaskService | None:
        """The service that the run names."""
        return self._services.get(Key(run.metadata.namespace, run.spec.service))

    def lacks_run(self, run: TaskRun) -> bool:
        """Whether a run that was listed is newer than what is known of it."""
        known = self._runs.get(Key.of(run))
        if run.metadata.uid in self._dropped:
            return False
        return (
            known is None
            or known.metadata.uid != run.metadata.uid
            or _version(known) < _version(run)
        )

    def lacks_service(self, service: TaskService) -> bool:
        """Whether a service that was listed is newer than what is known of it."""
        known = self._services.get(Key.of(service))
        return known is None or _version(known) < _version(service)

    def lacks_attempt(self, key: Key, attempt: Attempt) -> bool:
        """Whether an attempt of a run that is known stands otherwise than known; leftovers do not count."""
        run = self._runs.get(key)
        if run is None or run.metadata.uid != attempt.owner:
            return False
        return self._attempts.get(key, {}).get((attempt.number, attempt.owner)) != attempt

    def attempts(self, key: Key) -> list[Attempt]:
        """The attempts seen of a run, and of others that had its name before."""
        return list(self._attempts.get(key, {}).values())

    def unfinished_runs_of(self, service: Key) -> list[Key]:
        """The runs to look at again when their service changes."""
        return self._runs_of(service, ended=False)

    def _runs_of(self, service: Key, *, ended: bool) -> list[Key]:
        keys = self._runs_of_service.get(service, ())
        return [key for key in keys if self._runs[key].status.terminal == ended]

    def put_run(self, run: TaskRun) -> bool:
        """Keep a run; False where a newer version of it is known."""
        key = Key.of(run)
        known = self._runs.get(key)
        if known and known.metadata.uid == run.metadata.uid and _version(known) > _version(run):
            return False
        if run.metadata.uid in self._dropped:
            return False
        if known and known.spec.service != run.spec.service:
            self._unlist(key, known)
        self._runs[key] = run
        self._runs_of_service[Key(key.namespace, run.spec.service)].add(key)
        return True

    def knows_run(self, key: Key, uid: str, version: str) -> bool:
        """Whether just this version of a run is kept."""
        known = self._runs.get(key)
        return known is not None and (
            (known.metadata.uid, known.metadata.resource_version) == (uid, version)
        )

    def drop_run(self, key: Key, uid: str | None = None) -> None:
        """Forget a run that no longer exists, and its attempts with it.

        Where its `uid` is told, one that has its name by now stays.
        """
        run = self._runs.get(key)
        known = run.metadata.uid if run else None
        if dropped := uid or known:
            self._dropped.add(dropped)
        if uid and known not in (None, uid):
            return
        self._attempts.pop(key, None)
        if run:
            del self._runs[key]
            self._unlist(key, run)

    def _unlist(self, key: Key, run: TaskRun) -> None:
        service = Key(key.namespace, run.spec.service)
        self._runs_of_service[service].discard(key)
        if not self._runs_of_service[service]:
            del self._runs_of_service[service]

    def begin_listing(self, namespace: str | None = None) -> "Known":
        """The names of all that is in the cache of a namespace, or of any, before a listing is read.

        From here on it is remembered which runs are dropped: the listing may have been made before.
        """
        self._dropped.clear()

        def within(keys: Iterable[Key]) -> list[Key]:
            return [key for key in keys if namespace in (None, key.namespace)]

        return Known(
            {(key, self._runs[key].metadata.uid) for key in within(self._runs)},
            set(within(self._services)),
            {(key, *of_run) for key in within(self._attempts) for of_run in self._attempts[key]},
        )

    def put_service(self, service: TaskService) -> list[Key]:
        """Keep a service; returns the runs that have ended, where their time may be another one by it."""
        key = Key.of(service)
        known, self._services[key] = self._services.get(key), service
        if known and known.spec.retention == service.spec.retention:
            return []
        return self._runs_of(key, ended=True)

    def drop_service(self, key: Key) -> list[Key]:
        """Forget a service that no longer exists; returns its runs that have ended."""
        self._services.pop(key, None)
        return self._runs_of(key, ended=True)

    def put_attempt(self, key: Key, attempt: Attempt) -> bool:
        """Keep an attempt of a run, whether or not the run itself was seen yet; False if it is no news."""
        attempts = self._attempts.setdefault(key, {})
        place = attempt.number, attempt.owner
        if attempts.get(place) == attempt:
            return False
        attempts[place] = attempt
        return True

    def drop_attempt(self, key: Key, number: int, owner: str) -> None:
        """Forget an attempt of which nothing is left; `owner` is the uid of its run."""
        attempts = self._attempts.get(key, {})
        attempts.pop((number, owner), None)
        if not attempts:
            self._attempts.pop(key, None)

    def forget(
        self,
        runs: set[tuple[Key, str]],
        services: set[Key],
        attempts: set[tuple[Key, int, str]],
    ) -> list[Key]:
        """Drop what a listing found to be gone: its end was missed by the watch.

        Returns the runs that have ended of services that are gone.
        """
        for key, uid in runs:
            self.drop_run(key, uid)
        for key, number, owner in attempts:
            self.drop_attempt(key, number, owner)
        return [run for key in services for run in self.drop_service(key)]

    def runs(self) -> Iterable[TaskRun]:
        """All runs as last seen."""
        return self._runs.values()

    def unfinished_runs(self, namespace: str | None = None) -> list[Key]:
        """The runs of a namespace, or of any, that have not ended."""
        return [
            key
            for key, run in self._runs.items()
            if namespace in (None, key.namespace) and not run.status.terminal
        ]


class Known(NamedTuple):
    """Names of runs and services; of runs also the uid, of attempts the number and the uid of the run."""

    runs: set[tuple[Key, str]]
    services: set[Key]
    attempts: set[tuple[Key, int, str]]


def _version(thing: TaskRun | TaskService) -> int:
    """Resource versions of one kind of object grow; a store that has none compares as always new."""
    return int(thing.metadata.resource_version or 0)
