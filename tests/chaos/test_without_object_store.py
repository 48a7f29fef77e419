"""The object store is away for a while: tasks wait for it, and nothing of theirs is lost."""

from __future__ import annotations

import time

from tests.chaos.cases import Case
from tests.chaos.door import Door
from tests.chaos.happenings import until_begun
from tests.chaos.yard import Yard

AWAY = 20.0


def test_tasks_that_begin_and_end_without_the_object_store_succeed_when_it_is_back(
    yard: Yard, store_door: Door
) -> None:
    enders = [Case(f"ends-without-store-{n}", "hold", {"seconds": 6}) for n in range(4)]
    failing = [Case(f"fails-without-store-{n}", "fail_after", {"seconds": 4}) for n in range(2)]
    beginners = [
        Case(f"begins-without-store-{n}", "echo", {"text": f"text {n}"}, stored_input=True)
        for n in range(4)
    ]
    for case in beginners:
        yard.store_input(case)
    yard.submit(*enders, *failing)
    for case in [*enders, *failing]:
        until_begun(yard, case.name)

    store_door.close()
    reopen_at = time.monotonic() + AWAY
    yard.submit(*beginners)
    for case in beginners:
        yard.until(case, phase="Running")
    time.sleep(max(0.0, reopen_at - time.monotonic()))
    store_door.open()

    for case in [*enders, *beginners]:
        run = yard.ended(case)
        assert run.end == ("Succeeded", ""), run.message
        assert run.pods() == [1]
        assert run.attempts[0].get("logStored"), run.printed()
    for case in failing:
        run = yard.ended(case)
        assert (run.end, run.message) == (("Failed", "TaskError"), "ValueError: too late")
        assert run.attempts[0].get("logStored"), run.printed()
        assert b"ValueError: too late" in run.stored("log")
    assert yard.run(beginners[3]).stored("result") == b"text 3"
    assert b"echo text 3" in yard.run(beginners[3]).stored("log")
