"""A task that takes all of the processes and threads that its container may have."""

from .control_group import limited_by
from .runner import Attempt


def test_a_task_that_leaves_no_room_for_a_thread_is_heard_all_the_same(attempt: Attempt) -> None:
    with limited_by(attempt, "pids", "pids.max", "pids.max", 60):
        finished = attempt.call("failing:Odd", "start_threads_to_the_limit")

    assert int(finished.result) > 10
    assert finished.log.endswith("the last line\n")
    assert finished.progress == [(0.5, "half way")]
