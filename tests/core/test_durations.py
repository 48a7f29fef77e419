"""How long a run was in each of its stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import TaskRun
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.durations import Durations, durations

from .builders import CREATED, FINISHED, NOW, STARTED, a_run, an_attempt
from .tables import table

ADMITTED = CREATED + timedelta(seconds=3)
RAN = a_run().in_phase(Phase.SUCCEEDED, queued_at=CREATED, started_at=STARTED, finished_at=FINISHED)
FIRST = replace(an_attempt(), admitted_at=ADMITTED)


class Case(NamedTuple):
    run: TaskRun
    attempts: list[Attempt]
    stages: tuple[float | None, float | None, float | None]


@table(
    {
        "a run that has ended was in all of them": Case(RAN, [FIRST], (3, 27, 20)),
        "a further attempt belongs to the running": Case(
            RAN, [replace(FIRST, number=2, admitted_at=NOW), FIRST], (3, 27, 20)
        ),
        "of an attempt that nobody saw only the running is known": Case(RAN, [], (None, None, 20)),
        "the attempt of a namesake tells nothing": Case(
            RAN, [replace(FIRST, owner="namesake")], (None, None, 20)
        ),
        "a run that was never admitted was in none": Case(
            a_run().in_phase(Phase.CANCELLED, queued_at=CREATED, finished_at=FINISHED),
            [replace(FIRST, admitted_at=None)],
            (None, None, None),
        ),
        "no stage is shorter than nothing, whatever the clocks say": Case(
            RAN, [replace(FIRST, admitted_at=CREATED - timedelta(seconds=1))], (0, 31, 20)
        ),
    }
)
def test_the_stages_of_a_run(case: Case) -> None:
    assert durations(case.run, case.attempts) == Durations(*case.stages)
