"""Whether the controller still does its work, as its liveness probe asks: is a restart of any use?

It is not where the API server is away, where nothing happens in the cluster, or where the line of work
is long but moves. So none of these may make the probe fail.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LivenessLimits:
    """How long each sign of trouble may last, in seconds, before a restart is called for."""

    listing: float = 900.0
    """Age of the last listing of everything, or how long the first lasts; both wait for the API server."""
    stuck: float = 300.0
    """Work is due, or under way, and no look at any run has ended. A look that fails has ended, too."""
    look: float = 900.0
    """One look at one run, whatever becomes of the others."""
    watch: float = 900.0
    """A listing has shown what the watch had not brought, and the watch has brought nothing since."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What can be seen of a controller at work, in seconds; 0 where there is nothing to measure.

    `first_listing` is how long the first one has lasted, until there was one. `oldest_wait` is how long the
    key that is due longest has waited, `longest_look` how long the look that began first has lasted,
    `since_look` how long ago any look ended. `missed` tells of each watch that is behind a listing how
    long it has been.
    """

    since_listing: float = 0.0
    first_listing: float = 0.0
    oldest_wait: float = 0.0
    longest_look: float = 0.0
    since_look: float = 0.0
    missed: Mapping[str, float] | None = None


def why_unwell(vitals: Vitals, limits: LivenessLimits) -> str | None:
    """Why a restart is called for, in one sentence, or None."""
    # Of a large cluster it takes long, and a restart would begin it anew.
    if vitals.first_listing > limits.listing:
        return f"the first listing lasts {vitals.first_listing:.0f} s, over {limits.listing:.0f} s"
    if vitals.since_listing > limits.listing:
        return f"the last listing is {vitals.since_listing:.0f} s old, over {limits.listing:.0f} s"
    # A long wait alone is but a long line, and a restart would begin that line anew.
    stuck = min(max(vitals.oldest_wait, vitals.longest_look), vitals.since_look)
    if stuck > limits.stuck:
        return f"there is work, and none was done for {stuck:.0f} s, over {limits.stuck:.0f} s"
    if vitals.longest_look > limits.look:
        return f"one look at a run lasts {vitals.longest_look:.0f} s, over {limits.look:.0f} s"
    for kind, seconds in (vitals.missed or {}).items():
        if seconds > limits.watch:
            return (
                f"the watch of {kind} is silent for {seconds:.0f} s, over {limits.watch:.0f} s, "
                "though a listing has shown something newer"
            )
    return None
