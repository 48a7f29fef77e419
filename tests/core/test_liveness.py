"""When the controller is to be started anew, and when that would be of no use."""

from __future__ import annotations

from typing import NamedTuple

from taskyard_operator.core.liveness import LivenessLimits, Vitals, why_unwell

from .tables import table

LIMITS = LivenessLimits(listing=900, stuck=300, look=800, watch=700)


class Case(NamedTuple):
    vitals: Vitals
    why: str | None


@table(
    {
        "one that has nothing to do is well": Case(Vitals(), None),
        "the first listing of a large cluster may take as long": Case(
            Vitals(first_listing=900), None
        ),
        "a first listing that does not end is begun anew": Case(
            Vitals(first_listing=901), "the first listing lasts 901 s, over 900 s"
        ),
        "a listing may be as old as an outage of the API server is long": Case(
            Vitals(since_listing=900), None
        ),
        "an older listing is too old": Case(
            Vitals(since_listing=901), "the last listing is 901 s old, over 900 s"
        ),
        "a long line that moves is no trouble": Case(
            Vitals(oldest_wait=5000, longest_look=30, since_look=1), None
        ),
        "a quiet cluster is no trouble": Case(Vitals(since_look=86400), None),
        "work that has just come after a quiet day is no trouble": Case(
            Vitals(oldest_wait=2, longest_look=1, since_look=86400), None
        ),
        "work that waits while no look ends is stuck": Case(
            Vitals(oldest_wait=301, since_look=310),
            "there is work, and none was done for 301 s, over 300 s",
        ),
        "looks that never end are stuck": Case(
            Vitals(longest_look=400, since_look=305),
            "there is work, and none was done for 305 s, over 300 s",
        ),
        "one long look beside others that end may be slow": Case(
            Vitals(longest_look=800, since_look=1), None
        ),
        "one look that lasts for ever is the end of its run": Case(
            Vitals(longest_look=801, since_look=1),
            "one look at a run lasts 801 s, over 800 s",
        ),
        "a watch that a listing was ahead of may be on its way": Case(
            Vitals(missed={"taskruns": 700}), None
        ),
        "a watch that stays behind a listing is dead": Case(
            Vitals(missed={"taskruns": 3, "jobs and pods": 701}),
            "the watch of jobs and pods is silent for 701 s, over 700 s, "
            "though a listing has shown something newer",
        ),
    }
)
def test_the_controller_is_unwell_for_what_a_restart_mends(case: Case) -> None:
    assert why_unwell(case.vitals, LIMITS) == case.why
