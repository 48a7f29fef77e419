"""The watches of Jobs and Pods, which tell of attempts.

Not kopf's: of what kopf does with an event nothing is used for these two, and they are most of all events.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from taskyard.api.names import MANAGED_BY_SELECTOR
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.kube.api import Json, KubeApi
from taskyard_operator.kube.paths import job_path, pod_path, resource_of
from taskyard_operator.kube.reflector import Patience, Reflector
from taskyard_operator.kube.tracker import AttemptTracker, Place
from taskyard_operator.ports import Key, PortError


class Audience(Protocol):
    """Who is told of attempts. Each method returns at once, and raises nothing."""

    def attempt_seen(self, key: Key, attempt: Attempt) -> None:
        """An attempt of the run `key` was started or has changed, or its Job and Pod have otherwise."""

    def attempt_gone(self, key: Key, number: int, owner: str) -> None:
        """Nothing is left of an attempt; `owner` is the uid of its run."""

    def watch_heard(self, kind: str) -> None:
        """The watch of a kind (`pods`) has brought something, and has missed nothing before it."""

    def watch_failed(self, kind: str, error: PortError) -> None:
        """A kind cannot be watched, and that is tried again."""

    def list_again(self) -> None:
        """What was before now may have been missed: everything has to be listed."""


class AttemptWatch:
    """Watches the Jobs and Pods of some namespaces, or of all where none are named.

    `tracker` is shared with the launcher, which lists them; `patience` is that of each watch.
    """

    def __init__(
        self,
        api: KubeApi,
        tracker: AttemptTracker,
        audience: Audience,
        namespaces: Sequence[str] = (),
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
    ) -> None:
        places: Sequence[str | None] = namespaces or [None]
        kinds = (
            (job_path, tracker.job_seen, tracker.job_gone),
            (pod_path, tracker.pod_seen, tracker.pod_gone),
        )
        self._reflectors = [
            Reflector(
                api,
                path(namespace),
                MANAGED_BY_SELECTOR,
                _Kind(resource_of(path(namespace)), audience, tracker, seen, gone),
                patience,
            )
            for path, seen, gone in kinds
            for namespace in places
        ]

    async def follow_for_ever(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors:
                group.create_task(reflector.follow_for_ever(), name="watch")

    async def begun(self) -> None:
        """Return once a listing misses nothing any more that the watches do not bring."""
        for reflector in self._reflectors:
            await reflector.begun.wait()


class _Kind:
    """Puts what a watch of one kind brings together with the rest of the attempt, and tells of that."""

    def __init__(
        self,
        word: str,
        audience: Audience,
        tracker: AttemptTracker,
        seen: Callable[[Json], Place | None],
        gone: Callable[[Json], Place | None],
    ) -> None:
        self._word = word
        self._audience = audience
        self._tracker = tracker
        self._seen = seen
        self._gone = gone

    def heard(self) -> None:
        """See `Listener.heard`."""
        self._audience.watch_heard(self._word)

    def seen(self, manifest: Json) -> None:
        """See `Listener.seen`."""
        self._tell(self._seen(manifest))

    def gone(self, manifest: Json) -> None:
        """See `Listener.gone`."""
        self._tell(self._gone(manifest))

    def begins(self) -> None:
        """See `Listener.begins`."""
        self._audience.list_again()

    def failed(self, error: PortError) -> None:
        """See `Listener.failed`."""
        self._audience.watch_failed(self._word, error)

    def _tell(self, place: Place | None) -> None:
        if place is None:
            return
        attempt = self._tracker.attempt(place)
        if attempt:
            self._audience.attempt_seen(place.run, attempt)
        else:
            self._audience.attempt_gone(*place)
