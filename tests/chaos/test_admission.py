"""A service that may have only so many runs at a time, and one that is suspended, on a real node."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tests.chaos.cases import PLANNED, Case
from tests.chaos.happenings import until_begun
from tests.chaos.test_without_controller import kill_controller
from tests.chaos.yard import SERVICES, Run, Yard

TWO_AT_A_TIME = {"queue": {"maxConcurrent": 2}}


def test_no_more_runs_than_a_service_may_have_run_at_once_though_the_controller_dies(
    yard: Yard,
) -> None:
    cases = [
        Case(f"two-at-a-time-{n}", "hold", {"seconds": 2}, service=TWO_AT_A_TIME, waits=True)
        for n in range(6)
    ]
    # Its death costs other runs the last words of a pod, or gives them more patience with an image; their
    # tests look at both.
    for case in PLANNED:
        yard.ended(case)
    yard.submit(*cases)
    waiting = yard.until(cases[-1], reason="ConcurrencyLimit")
    assert waiting.message.startswith(f"Service {yard.service_of(cases[0])} may have 2 runs at a ")
    until_begun(yard, cases[0].name)
    kill_controller(yard)

    runs = [yard.ended(case) for case in cases]

    assert [run.end for run in runs] == [("Succeeded", "")] * 6
    assert [run.pods() for run in runs] == [[1]] * 6
    assert most_at_once(runs) == 2


def test_a_suspended_service_finishes_what_runs_and_keeps_what_waits(yard: Yard) -> None:
    # A service of its own, by a deadline that nothing else has.
    own = {"deadlines": {"run": 777}}
    runs = Case("suspended-runs", "hold", {"seconds": 4}, service=own)
    waits = Case("suspended-waits", "echo", {"text": "at last"}, service=own, waits=True)
    yard.submit(runs)
    until_begun(yard, runs.name)
    yard.api.patch(SERVICES, yard.service_of(runs), {"spec": {"suspend": True}})
    yard.submit(waits)

    assert yard.ended(runs).end == ("Succeeded", "")
    assert "is suspended" in yard.until(waits, reason="Suspended").message
    assert yard.run(waits).pods() == []
    yard.api.patch(SERVICES, yard.service_of(runs), {"spec": {"suspend": False}})
    assert yard.ended(waits).end == ("Succeeded", "")


def most_at_once(runs: Sequence[Run]) -> int:
    """Of how many runs a container ran at the same time, at most."""
    starts = [run.time("startedAt") for run in runs]
    return max(sum(_ran(run, moment) for run in runs) for moment in starts)


def _ran(run: Run, moment: datetime) -> bool:
    return run.time("startedAt") <= moment < run.time("finishedAt")
