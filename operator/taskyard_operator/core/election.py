"""Who leads, decided from a Lease as it was read (coordination.k8s.io/v1).

The clocks of two nodes may differ by minutes, so no time that another process wrote is ever compared
with a time of ours. A Lease runs out when *this* process has seen it unchanged for as long as the Lease
itself says; a leader counts from the moment before it *sent* the last write that succeeded. Both are
seconds of the process's own monotonic clock. The leader counts from earlier and gives up sooner, so it
has stopped before anybody else may begin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Terms:
    """How long leadership lasts, in seconds.

    `lease` is how long others must see a Lease unchanged before they may take it, `renew` how often the
    leader renews it.
    """

    lease: int = 15
    renew: float = 5.0

    @property
    def give_up(self) -> float:
        """How long after its last renewal a leader stops: `renew` before anybody may take its place."""
        return self.lease - self.renew


@dataclass(frozen=True, slots=True)
class Lease:
    """The spec of a Lease. No holder is an empty string; times are kept as they were written."""

    holder: str = ""
    seconds: int | None = None
    acquired: str | None = None
    renewed: str | None = None
    transitions: int = 0

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """Read it off the object; a field that is missing or null is as good as empty."""
        spec = manifest.get("spec") or {}
        return cls(
            holder=spec.get("holderIdentity") or "",
            seconds=spec.get("leaseDurationSeconds"),
            acquired=spec.get("acquireTime"),
            renewed=spec.get("renewTime"),
            transitions=spec.get("leaseTransitions") or 0,
        )

    def spec(self) -> dict[str, Any]:
        """The `spec` of the object; as a merge patch it replaces every field."""
        return {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": self.seconds,
            "acquireTime": self.acquired,
            "renewTime": self.renewed,
            "leaseTransitions": self.transitions,
        }

    def held_by(self, me: str, terms: Terms, now: datetime) -> "Lease":
        """The Lease after `me` took it or renewed it at `now`, which is only told to people."""
        time = _micro_time(now)
        renewed = replace(self, holder=me, seconds=terms.lease, renewed=time)
        if self.holder == me:
            return renewed
        return replace(renewed, acquired=time, transitions=self.transitions + bool(self.acquired))

    def released(self) -> "Lease":
        """The Lease after its holder has let go of it: anybody may take it at once."""
        return replace(self, holder="")


@dataclass(frozen=True, slots=True)
class View:
    """What one process knows.

    `lease` as last read (None: there is none), unchanged since `since`. `renewed_at` is when this
    process sent its last renewal that succeeded; None while it does not lead.
    """

    lease: Lease | None
    since: float
    renewed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Acquire:
    """Nobody holds it: take it."""


@dataclass(frozen=True, slots=True)
class Renew:
    """It is ours: write that it still is."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done before `until`, unless the Lease changes."""

    until: float


@dataclass(frozen=True, slots=True)
class Lost:
    """We led and must stop at once; `why` ends the sentence "this process leads no more, because"."""

    why: str


Decision = Acquire | Renew | Wait | Lost


def decide(view: View, me: str, terms: Terms, now: float) -> Decision:
    """What the process `me` has to do at `now`."""
    if view.renewed_at is None:
        return _as_candidate(view, me, terms, now)
    return _as_leader(view.lease, view.renewed_at, me, terms, now)


def _as_candidate(view: View, me: str, terms: Terms, now: float) -> Decision:
    lease = view.lease
    if lease is None or not lease.holder:
        return Acquire()
    if lease.holder == me:
        return Renew()  # we took it, and the answer to that was lost
    # The holder's own promise counts: its release may be another than ours.
    runs_out = view.since + (lease.seconds or terms.lease)
    return Acquire() if now >= runs_out else Wait(runs_out)


def _as_leader(
    lease: Lease | None, renewed_at: float, me: str, terms: Terms, now: float
) -> Decision:
    if lease is None:
        return Lost("the lease was deleted")
    if lease.holder != me:
        return Lost(f"the lease is held by {lease.holder or 'nobody'}")
    if now >= renewed_at + terms.give_up:
        return Lost(f"the lease could not be renewed for {terms.give_up:g} s")
    due = renewed_at + terms.renew
    return Renew() if now >= due else Wait(due)


def _micro_time(time: datetime) -> str:
    """A MicroTime, as the API server wants it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
