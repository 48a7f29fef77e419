"""The watches of what changes with every task: TaskRuns, and the Jobs and Pods of their attempts.

Not kopf's, see docs/decisions/0024-what-changes-with-every-task-is-not-watched-by-kopf.md.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from taskyard.api.names import MANAGED_BY_SELECTOR
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.kube.answers import Json
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import job_path, pod_path, resource_path
from taskyard_operator.kube.reflector import Patience, Reflector
from taskyard_operator.kube.store import readable
from taskyard_operator.kube.tracker import AttemptTracker, Place
from taskyard_operator.ports import Key, PortError


class Audience(Protocol):
    """Who is told of runs and attempts. Each method returns at once, and raises nothing."""

    def run_known(self, key: Key, uid: str, version: str) -> bool:
        """Whether just this version of a run is known, so that it need not be read."""

    def run_seen(self, run: TaskRun) -> None:
        """A run was created or has changed."""

    def run_gone(self, key: Key, uid: str) -> None:
        """A run was deleted; by now another one may have its name."""

    def attempt_seen(self, key: Key, attempt: Attempt) -> None:
        """An attempt of the run `key` was started or has changed, or its Job and Pod have otherwise."""

    def attempt_gone(self, key: Key, number: int, owner: str) -> None:
        """Nothing is left of an attempt; `owner` is the uid of its run."""

    def watch_heard(self, kind: str, namespace: str | None) -> None:
        """The watch of a kind (`pods`) has brought something, and has missed nothing before it.

        `namespace` is the one that it watches; None where that are all.
        """

    def watch_failed(self, kind: str, namespace: str | None, error: PortError) -> None:
        """A kind cannot be watched there, and that is tried again."""

    def list_again(self) -> None:
        """What was before now may have been missed: everything has to be listed."""


class ClusterWatch:
    """Watches runs and attempts of some namespaces, or of all where none are named.

    `tracker` is shared with the launcher, which lists Jobs and Pods; `patience` is that of each watch.
    """

    def __init__(
        self,
        api: KubeApi,
        tracker: AttemptTracker,
        audience: Audience,
        namespaces: Sequence[str] = (),
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
    ) -> None:
        def jobs(place: str | None) -> _Parts:
            return _Parts("jobs", place, audience, tracker, tracker.job_seen, tracker.job_gone)

        def pods(place: str | None) -> _Parts:
            return _Parts("pods", place, audience, tracker, tracker.pod_seen, tracker.pod_gone)

        places: Sequence[str | None] = namespaces or [None]
        self._reflectors = [
            Reflector(api, path, selector, listener, patience)
            for place in places
            for path, selector, listener in (
                (resource_path(TaskRun, place), "", _Runs(TaskRun.PLURAL, place, audience)),
                (job_path(place), MANAGED_BY_SELECTOR, jobs(place)),
                (pod_path(place), MANAGED_BY_SELECTOR, pods(place)),
            )
        ]

    async def follow_for_ever(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors:
                group.create_task(reflector.follow_for_ever(), name="watch")

    async def begun(self) -> None:
        """Return once a listing misses nothing any more that the watches do not bring.

        A watch that is refused is not waited for: what is listed before it begins is listed again then.
        """
        for reflector in self._reflectors:
            await reflector.begun.wait()


class _Kind:
    """What is told of any kind: how its watch goes."""

    def __init__(self, word: str, place: str | None, audience: Audience) -> None:
        self._word = word
        self._place = place
        self._audience = audience

    def heard(self) -> None:
        """See `Listener.heard`."""
        self._audience.watch_heard(self._word, self._place)

    def begins(self) -> None:
        """See `Listener.begins`."""
        self._audience.list_again()

    def failed(self, error: PortError) -> None:
        """See `Listener.failed`."""
        self._audience.watch_failed(self._word, self._place, error)


class _Runs(_Kind):
    """Tells of runs."""

    def seen(self, manifest: Json) -> None:
        """See `Listener.seen`."""
        metadata = manifest["metadata"]
        if self._audience.run_known(_key(manifest), metadata["uid"], metadata["resourceVersion"]):
            return
        if run := readable(TaskRun, manifest):
            self._audience.run_seen(run)

    def gone(self, manifest: Json) -> None:
        """See `Listener.gone`."""
        self._audience.run_gone(_key(manifest), manifest["metadata"]["uid"])


class _Parts(_Kind):
    """Puts Jobs, or Pods, together with the rest of their attempt, and tells of that."""

    def __init__(
        self,
        word: str,
        place: str | None,
        audience: Audience,
        tracker: AttemptTracker,
        seen: Callable[[Json], Place | None],
        gone: Callable[[Json], Place | None],
    ) -> None:
        super().__init__(word, place, audience)
        self._tracker = tracker
        self._seen = seen
        self._gone = gone

    def seen(self, manifest: Json) -> None:
        """See `Listener.seen`."""
        self._tell(self._seen(manifest))

    def gone(self, manifest: Json) -> None:
        """See `Listener.gone`."""
        self._tell(self._gone(manifest))

    def _tell(self, place: Place | None) -> None:
        if place is None:
            return
        attempt = self._tracker.attempt(place)
        if attempt:
            self._audience.attempt_seen(place.run, attempt)
        else:
            self._audience.attempt_gone(*place)


def _key(manifest: Json) -> Key:
    return Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
