"""What was last seen of Jobs and Pods, put together as attempts.

Watches and listings of two kinds arrive in any order. Only the newest version of each object counts,
and only the part of it that `observe` reads is kept.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.observation import observe
from taskyard_operator.ports import Key

Manifest = Mapping[str, Any]


class Place(NamedTuple):
    """Which attempt of which run an object belongs to.

    The run's uid tells it from one of the same name that was there before, whose pods may take their
    time to end.
    """

    run: Key
    number: int
    run_uid: str


class _Seen(NamedTuple):
    """The newest version of an object, and the part of it that tells of the attempt."""

    version: int
    part: Manifest


class AttemptTracker:
    """Jobs and Pods by the attempt they belong to."""

    def __init__(self) -> None:
        self._jobs: dict[Place, _Seen] = {}
        self._pods: dict[Place, _Seen] = {}

    def job_seen(self, job: Manifest) -> Place | None:
        """Keep a Job; None where it tells nothing new of an attempt, or is not of Taskyard's making."""
        return _keep(self._jobs, job)

    def pod_seen(self, pod: Manifest) -> Place | None:
        """Keep a Pod; None where it tells nothing new of an attempt, or is not of Taskyard's making."""
        return _keep(self._pods, pod)

    def job_gone(self, job: Manifest) -> Place | None:
        """Forget a Job that was deleted."""
        return _forget(self._jobs, job)

    def pod_gone(self, pod: Manifest) -> Place | None:
        """Forget a Pod that was deleted."""
        return _forget(self._pods, pod)

    def attempt(self, place: Place) -> Attempt | None:
        """The attempt as it stands, or None where nothing is left of it."""
        job, pod = self._jobs.get(place), self._pods.get(place)
        return observe(job and job.part, pod and pod.part)

    def places(self, namespace: str | None = None) -> set[Place]:
        """All attempts in a namespace, or in any, of which something is known."""
        known = self._jobs.keys() | self._pods.keys()
        return {place for place in known if namespace in (None, place.run.namespace)}

    def uids(self, namespace: str | None = None) -> set[str]:
        """The uids of all objects kept of a namespace, or of any."""
        return {
            _uid(seen.part)
            for known in self._kinds()
            for place, seen in known.items()
            if namespace in (None, place.run.namespace)
        }

    def take_over(self, others: "AttemptTracker") -> None:
        """Keep what another one knows, where that is newer."""
        for known, theirs in zip(self._kinds(), others._kinds(), strict=True):  # noqa: SLF001 - its own class
            for place, seen in theirs.items():
                mine = known.get(place)
                if mine is None or seen.version >= mine.version:
                    known[place] = seen

    def _kinds(self) -> tuple[dict[Place, _Seen], dict[Place, _Seen]]:
        return self._jobs, self._pods

    def forget(self, uids: set[str]) -> None:
        """Drop objects that a listing found to be gone: their end was missed by the watch."""
        for known in self._kinds():
            for place in [place for place, seen in known.items() if _uid(seen.part) in uids]:
                del known[place]


def _place(manifest: Manifest) -> Place | None:
    metadata = manifest["metadata"]
    labels = metadata.get("labels") or {}
    if not {LABEL_RUN, LABEL_RUN_UID, LABEL_ATTEMPT} <= labels.keys():
        return None
    number = labels[LABEL_ATTEMPT]
    if not number.isdigit():
        return None
    return Place(Key(metadata["namespace"], labels[LABEL_RUN]), int(number), labels[LABEL_RUN_UID])


def _keep(known: dict[Place, _Seen], manifest: Manifest) -> Place | None:
    place = _place(manifest)
    if place is None:
        return None
    before, now = known.get(place), _Seen(_version(manifest), _trimmed(manifest))
    if before and now.version < before.version:
        return None
    known[place] = now
    return None if before and before.part == now.part else place


def _forget(known: dict[Place, _Seen], manifest: Manifest) -> Place | None:
    """Forget an object, unless another one has taken its place meanwhile."""
    place = _place(manifest)
    if place and place in known and _uid(known[place].part) == _uid(manifest):
        del known[place]
    return place


def _uid(manifest: Manifest) -> str:
    return str(manifest["metadata"]["uid"])


def _version(manifest: Manifest) -> int:
    return int(manifest["metadata"]["resourceVersion"])


_METADATA = (
    "name",
    "namespace",
    "uid",
    "labels",
    "creationTimestamp",
    "deletionTimestamp",
)
_SPEC = ("suspend", "nodeName")
_STATUS = (
    "phase",
    "reason",
    "message",
    "conditions",
    "startTime",
    "containerStatuses",
    "initContainerStatuses",
)


def _trimmed(manifest: Manifest) -> Manifest:
    def part(name: str, fields: tuple[str, ...]) -> dict[str, Any]:
        whole = manifest.get(name) or {}
        return {field: whole[field] for field in fields if field in whole}

    return {
        "metadata": part("metadata", _METADATA),
        "spec": part("spec", _SPEC),
        "status": part("status", _STATUS),
    }
