"""How long a run was in each of its stages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from taskyard.api.reasons import Phase
from taskyard.api.taskrun import AttemptRecord, TaskRun
from taskyard_operator.core.durations import Durations, durations

from .builders import CREATED, FINISHED, NOW, STARTED, a_run
from .tables import table

ADMITTED = CREATED + timedelta(seconds=3)


def ran(*admitted: datetime | None) -> TaskRun:
    """A run whose attempts were admitted at these times."""
    attempts = [
        AttemptRecord(number=number, job=f"call-7-{number}", admitted_at=when)
        for number, when in enumerate(admitted, start=1)
    ]
    times = {"queued_at": CREATED, "started_at": STARTED, "finished_at": FINISHED}
    return a_run().in_phase(Phase.SUCCEEDED, attempts=attempts, **times)


class Case(NamedTuple):
    run: TaskRun
    stages: tuple[float | None, float | None, float | None]


@table(
    {
        "a run that has ended was in all of them": Case(ran(ADMITTED), (3, 27, 20)),
        "a further attempt belongs to the running": Case(ran(ADMITTED, NOW), (3, 27, 20)),
        "of an attempt that nobody saw only the running is known": Case(ran(), (None, None, 20)),
        "a run that was never admitted was in none": Case(
            a_run().in_phase(Phase.CANCELLED, queued_at=CREATED, finished_at=FINISHED),
            (None, None, None),
        ),
        "no stage is shorter than nothing, whatever the clocks say": Case(
            ran(CREATED - timedelta(seconds=1)), (0, 31, 20)
        ),
    }
)
def test_the_stages_of_a_run(case: Case) -> None:
    assert durations(case.run) == Durations(*case.stages)
