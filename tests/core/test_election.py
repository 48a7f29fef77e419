"""Who leads: tables for each situation, and what holds for two processes whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskyard_operator.core.election import (
    Acquire,
    Decision,
    Lease,
    Lost,
    Renew,
    Terms,
    View,
    Wait,
    decide,
)

ME, OTHER = "me", "other"
TERMS = Terms(lease=15, renew=5)
NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HELD = Lease(
    holder=OTHER,
    seconds=15,
    acquired="2026-03-01T11:00:00.000000Z",
    renewed="2026-03-01T11:59:59.000000Z",
    transitions=4,
)
MINE = replace(HELD, holder=ME)

seconds = st.floats(min_value=0, max_value=1000, allow_nan=False)
terms = st.builds(
    lambda lease, share: Terms(lease=lease, renew=lease * share),
    st.integers(min_value=3, max_value=600),
    st.floats(min_value=0.05, max_value=1 / 3),
)


@pytest.mark.parametrize(
    ("view", "now", "want"),
    [
        pytest.param(View(None, 0), 0, Acquire(), id="there is no lease"),
        pytest.param(View(Lease(), 0), 0, Acquire(), id="a lease that nobody ever held"),
        pytest.param(View(HELD.released(), 0), 0, Acquire(), id="its holder has let go of it"),
        pytest.param(View(HELD, 0), 0, Wait(15), id="seen for the first time"),
        pytest.param(View(HELD, 100), 114.9, Wait(115), id="still good"),
        pytest.param(View(HELD, 100), 115, Acquire(), id="unchanged for as long as it lasts"),
        pytest.param(
            View(replace(HELD, seconds=40), 100), 115, Wait(140), id="the holder promised longer"
        ),
        pytest.param(
            View(replace(HELD, seconds=None), 100), 114, Wait(115), id="it says no duration"
        ),
        pytest.param(
            View(replace(HELD, renewed="1999-01-01T00:00:00.000000Z"), 100),
            101,
            Wait(115),
            id="the holder's clock is years behind",
        ),
        pytest.param(
            View(replace(HELD, renewed="2099-01-01T00:00:00.000000Z"), 100),
            115,
            Acquire(),
            id="the holder's clock is years ahead",
        ),
        pytest.param(View(MINE, 100), 101, Renew(), id="taken by a write that got no answer"),
    ],
)
def test_a_candidate(view: View, now: float, want: Decision) -> None:
    assert decide(view, ME, TERMS, now) == want


@pytest.mark.parametrize(
    ("lease", "now", "want"),
    [
        pytest.param(MINE, 100, Wait(105), id="just renewed"),
        pytest.param(MINE, 104.9, Wait(105), id="not due yet"),
        pytest.param(MINE, 105, Renew(), id="due"),
        pytest.param(MINE, 109.9, Renew(), id="late, and still ours"),
        pytest.param(
            MINE, 110, Lost("the lease could not be renewed for 10 s"), id="too late, though ours"
        ),
        pytest.param(HELD, 101, Lost("the lease is held by other"), id="taken by another"),
        pytest.param(
            MINE.released(), 101, Lost("the lease is held by nobody"), id="emptied by somebody"
        ),
        pytest.param(None, 101, Lost("the lease was deleted"), id="deleted by somebody"),
    ],
)
def test_a_leader_that_renewed_at_100(lease: Lease | None, now: float, want: Decision) -> None:
    assert decide(View(lease, since=100, renewed_at=100), ME, TERMS, now) == want


@pytest.mark.parametrize(
    ("before", "transitions", "acquired"),
    [
        pytest.param(Lease(), 0, NOW, id="the first holder"),
        pytest.param(HELD, 5, NOW, id="another holder"),
        pytest.param(HELD.released(), 5, NOW, id="after a release"),
        pytest.param(MINE, 4, None, id="a renewal"),
    ],
)
def test_a_lease_tells_people_since_when_it_is_held_and_how_often_that_changed(
    before: Lease, transitions: int, acquired: datetime | None
) -> None:
    after = before.held_by(ME, Terms(lease=20), NOW)

    now = "2026-03-01T12:00:00.123456Z"
    assert after == Lease(ME, 20, now if acquired else before.acquired, now, transitions)


@pytest.mark.parametrize("spec", [{}, {"spec": None}, {"spec": {"holderIdentity": None}}])
def test_a_lease_of_which_nothing_is_said_is_empty(spec: dict[str, object]) -> None:
    assert Lease.of(spec) == Lease()


def test_a_lease_is_read_as_it_was_written() -> None:
    assert Lease.of({"spec": HELD.spec()}) == HELD


@given(since=seconds, later=seconds, lasts=st.integers(1, 600), terms=terms)
def test_a_lease_that_another_holds_is_never_taken_early(
    since: float, later: float, lasts: int, terms: Terms
) -> None:
    now = since + later

    decision = decide(View(replace(HELD, seconds=lasts), since), ME, terms, now)

    assert (decision == Acquire()) == (now >= since + lasts)
    assert isinstance(decision, Acquire | Wait)


@given(
    lease=st.sampled_from([None, Lease(), HELD, MINE, HELD.released()]),
    since=seconds,
    renewed_at=st.none() | seconds,
    now=seconds,
    terms=terms,
)
def test_whoever_waits_waits_for_a_time_to_come(
    lease: Lease | None, since: float, renewed_at: float | None, now: float, terms: Terms
) -> None:
    decision = decide(View(lease, since, renewed_at), ME, terms, now)

    assert not isinstance(decision, Wait) or decision.until > now
    assert renewed_at is not None or not isinstance(decision, Lost)


@given(
    sent=seconds,
    stored_after=seconds,
    seen_after=seconds,
    clock=st.floats(min_value=-1000, max_value=1000, allow_nan=False),
    later=seconds,
    terms=terms,
)
def test_a_leader_has_given_up_well_before_another_may_begin(
    sent: float, stored_after: float, seen_after: float, clock: float, later: float, terms: Terms
) -> None:
    """`clock` is how far the other's clock is from ours; requests take as long as they like."""
    seen = sent + stored_after + seen_after + clock
    others = View(replace(MINE, seconds=terms.lease), since=seen)
    now = seen + terms.lease + later
    assert decide(others, OTHER, terms, now) == Acquire()

    rounding = 1e-6
    stopped_by = now - clock - terms.renew + rounding
    ours = View(MINE, sent, renewed_at=sent)
    assert isinstance(decide(ours, ME, terms, stopped_by), Lost)
