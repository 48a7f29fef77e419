"""Where only so many tasks of a service may run at once, the others wait for their turn, and say so."""

from __future__ import annotations

from tests.conformance.backends import Backend
from tests.conformance.catalog import service
from tests.conformance.task import end_of, time_of
from tests.conformance.test_cancel import LONG

ONE_AT_A_TIME = service("one-at-a-time", queue={"maxConcurrent": 1})


def test_the_urgent_go_before_the_old(backend: Backend) -> None:
    first = backend.submit("hold", LONG, service=ONE_AT_A_TIME)
    first.begun()
    waiting = [
        backend.submit("hold", {"seconds": 1}, service=ONE_AT_A_TIME, priority=priority)
        for priority in (0, 0, 9)
    ]
    for task in waiting:
        told = task.until(phase="Queued", reason="ConcurrencyLimit")
        assert told["message"].startswith(f"Service {ONE_AT_A_TIME} may have 1 run")
    old, young, urgent = waiting
    first.cancel()

    ended = [task.ended() for task in (first, urgent, old, young)]

    assert [end_of(each)[0] for each in ended] == ["Cancelled", *["Succeeded"] * 3]
    times = [time_of(each, when) for each in ended for when in ("startedAt", "finishedAt")]
    assert times == sorted(times), "one at a time, in this order"
