"""Lists of runs: what a filter picks, and which of the runs that are found make a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from taskyard.api.reasons import TERMINAL, Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.listed import AFTER_ALL, Entry, place_of, place_of_time, tag

MayPick = Callable[[Entry], bool]
"""Whether a run may be picked, by its entry; many that are not are told so before they are read."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which runs are asked for: those of which all of this is true; None or nothing leaves it open.

    `created_after` includes the time itself, `created_before` does not; times of creation have whole
    seconds.
    """

    service: str | None = None
    task: str | None = None
    reason: str | None = None
    phases: frozenset[Phase] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    created_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def pick_ended(self) -> bool:
        """Whether a run that has ended may be picked."""
        return not self.phases or not self.phases.isdisjoint(TERMINAL)

    @property
    def begin(self) -> str:
        """The place after which the first run is that may be picked."""
        return place_of_time(self.created_before) if self.created_before else ""

    @property
    def end(self) -> str:
        """The place before which the last run is that may be picked: all after it are too old."""
        return place_of_time(self.created_after) if self.created_after else AFTER_ALL

    def picks(self, run: TaskRun) -> bool:
        """Whether this is one of the runs that are asked for."""
        place, labels = place_of(run), run.metadata.labels
        return (
            self.service in (None, run.spec.service)
            and self.task in (None, run.spec.task)
            and self.reason in (None, run.status.reason)
            and (not self.phases or run.phase in self.phases)
            and all(labels.get(key) == value for key, value in self.labels.items())
            and self.begin < place < self.end
        )

    def sieve(self) -> MayPick:
        """What passes over most of the others; all that `picks` picks comes through."""
        said = {"service": self.service, "task": self.task, "reason": self.reason}
        needed = [tag(kind, value) for kind, value in said.items() if value is not None]
        phases = [tag("phase", phase) for phase in self.phases]
        begin, end = self.begin, self.end

        def may_pick(entry: Entry) -> bool:
            return (
                all(entry.has(one) for one in needed)
                and (not phases or any(entry.has(one) for one in phases))
                and all(entry.has_label(key, value) for key, value in self.labels.items())
                and begin < entry.place < end
            )

        return may_pick


@dataclass(frozen=True, slots=True)
class Found:
    """Entries in the order of a list; all there are up to the place `complete_to`, where that is set."""

    entries: Sequence[Entry]
    complete_to: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order, and the place after which the next page begins; None where there is none."""

    entries: Sequence[Entry]
    next: str | None


def page_of(live: Sequence[Entry], ended: Found, limit: int) -> Page:
    """The first `limit` of all. A run that is in both was there until a moment ago, and counts as that.

    Each of the two holds more than `limit`, or all there are (of those that have ended: as far as
    they were looked at). Of one run there may be two entries, one for each of two ends that were
    written at the same time: they stay together, as only one of them is true.
    """
    there = {entry.place for entry in live}
    known = sorted([*live, *(entry for entry in ended.entries if entry.place not in there)])
    if ended.complete_to is not None:
        known = [entry for entry in known if entry.place <= ended.complete_to]
    if len(known) <= limit:
        return Page(known, ended.complete_to)
    last = known[limit - 1].place
    return Page([entry for entry in known if entry.place <= last], last)
