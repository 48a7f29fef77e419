"""Whose turn it is: places, the line for them, and who is next."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import AttemptRecord, TaskRun
from taskyard_operator.core.admission import Line, Turn, open_attempt
from taskyard_operator.core.attempt import Attempt
from taskyard_operator.core.plan import Plan, StartAttempt
from taskyard_operator.core.reconcile import reconcile

from .builders import CREATED, FINISHED, NOW, OTHER_UID, ARun, a_run, a_service, an_attempt
from .tables import table

SECOND = timedelta(seconds=1)


def run(name: str, *, of: str = "summarizer", priority: int | None = None, age: int = 0) -> ARun:
    """A run that is `age` seconds older than one without."""
    made = a_run().named(name).calling("summarize", of=of).made(CREATED - age * SECOND)
    return made._spec(priority=priority)


def a_line(*, limit: int | None = None, **limits: int) -> Line:
    line = Line("team", limit)
    for service, most in limits.items():
        line.set_limit(service, most)
    return line


def placed(line: Line, *runs: TaskRun) -> list[str]:
    """The names of those that may start, asked in this order."""
    return [one.metadata.name for one in runs if line.ask(one, NOW) is None]


def test_without_a_limit_everybody_may_start() -> None:
    assert placed(a_line(), run("a"), run("b"), run("c")) == ["a", "b", "c"]


def test_as_many_runs_of_a_service_start_as_it_may_have() -> None:
    assert placed(a_line(summarizer=2), run("a"), run("b"), run("c")) == ["a", "b"]


def test_services_do_not_take_each_others_places() -> None:
    line = a_line(summarizer=1, painter=1)
    assert placed(line, run("a"), run("b", of="painter"), run("c")) == ["a", "b"]


def test_a_namespace_has_a_limit_over_all_its_services() -> None:
    line = a_line(limit=2)
    assert placed(line, run("a"), run("b", of="painter"), run("c", of="poet")) == ["a", "b"]


def test_whoever_has_a_place_keeps_it() -> None:
    line = a_line(summarizer=1)
    assert placed(line, run("a"), run("a"), run("b"), run("a")) == ["a", "a", "a"]
    line.place(run("a"))  # it is seen with its attempt
    assert line.leave("a")
    assert line.next() == ["b"]


def test_a_place_that_becomes_free_goes_to_the_next() -> None:
    line = a_line(summarizer=1)
    placed(line, run("a"), run("b"))

    assert line.leave("a")
    assert line.next() == ["b"]
    assert placed(line, run("b")) == ["b"]


def test_nobody_overtakes_those_before_him_though_he_asks_first() -> None:
    line = a_line(summarizer=1)
    line.enter(run("b", age=5))
    line.enter(run("c", priority=7))

    assert placed(line, run("a"), run("b", age=5), run("c", priority=7)) == ["c"]
    line.leave("c")
    assert placed(line, run("a"), run("b", age=5)) == ["b"]


def test_two_free_places_are_for_the_first_two_whoever_of_them_asks_first() -> None:
    line = a_line(summarizer=2)
    line.enter(run("a", age=2))
    line.enter(run("b", age=1))

    assert placed(line, run("c"), run("b", age=1)) == ["b"]


def test_a_full_service_is_in_nobodys_way_to_a_place_of_the_namespace() -> None:
    line = a_line(limit=2, summarizer=1)
    placed(line, run("a", age=9), run("b", age=8))

    assert line.next() == []
    assert placed(line, run("c", of="painter")) == ["c"]


def test_of_two_services_the_older_run_is_next_in_the_namespace() -> None:
    line = a_line(limit=1)
    placed(line, run("a"), run("b", age=1), run("c", of="painter", age=2))
    line.leave("a")

    assert line.next() == ["c"]
    assert placed(line, run("b", age=1), run("c", of="painter", age=2)) == ["c"]


def test_a_lower_limit_ends_nobody_and_lets_nobody_start() -> None:
    line = a_line(summarizer=2)
    placed(line, run("a"), run("b"), run("c"))
    line.set_limit("summarizer", 1)

    line.leave("a")
    assert placed(line, run("b"), run("c")) == ["b"]
    line.leave("b")
    assert placed(line, run("c")) == ["c"]


def test_a_higher_limit_or_none_lets_those_start_that_wait() -> None:
    line = a_line(summarizer=1)
    runs = run("a"), run("b"), run("c")
    placed(line, *runs)

    line.set_limit("summarizer", 2)
    assert line.next() == ["b"]
    line.set_limit("summarizer", None)
    assert line.next() == ["b", "c"]
    assert not line.limits("summarizer")


def test_whose_turn_it_was_and_who_leaves_makes_it_the_turn_of_the_next() -> None:
    line = a_line(summarizer=1)
    placed(line, run("a"), run("b"), run("c"))
    line.leave("a")

    assert line.next() == ["b"]
    assert line.leave("b")
    assert line.next() == ["c"]
    assert not line.leave("nobody")


def test_who_leaves_the_line_frees_no_place() -> None:
    line = a_line(summarizer=1)
    placed(line, run("a"), run("b"), run("c"))

    line.leave("b")
    assert line.next() == []
    line.leave("a")
    assert line.next() == ["c"]


def test_a_run_that_was_found_with_an_attempt_counts_though_there_are_too_many() -> None:
    line = a_line(summarizer=1)
    for name in ("a", "b"):
        line.place(run(name))

    assert placed(line, run("c")) == []
    line.leave("a")
    assert placed(line, run("c")) == []


@dataclass(frozen=True)
class Waits:
    line: Line
    of: str
    said: str
    again: timedelta


def crowd(line: Line, number: int) -> Line:
    placed(line, *(run(f"r{n:04}", age=1) for n in range(number)))
    return line


@table(
    {
        "the first behind the one that runs": Waits(
            crowd(a_line(summarizer=1), 1),
            "summarizer",
            "Service summarizer may have 1 run at a time; this one is number 1 in line.",
            5 * SECOND,
        ),
        "further back it is looked at more seldom": Waits(
            crowd(a_line(summarizer=2), 42),
            "summarizer",
            "Service summarizer may have 2 runs at a time; this one is number 41 in line.",
            40 * SECOND,
        ),
        "but every ten minutes at least": Waits(
            crowd(a_line(summarizer=1), 1001),
            "summarizer",
            "Service summarizer may have 1 run at a time; this one is number 1001 in line.",
            600 * SECOND,
        ),
        "the namespace is full": Waits(
            crowd(a_line(limit=1), 3),
            "painter",
            "Namespace team may have 1 run at a time; this one is number 3 in line.",
            5 * SECOND,
        ),
        "what is made ready is ahead in line": Waits(
            crowd(Line("local", 2, made_ready=6), 10),
            "painter",
            "Namespace local may have 2 runs at a time; this one is number 9 in line.",
            8 * SECOND,
        ),
        "both are full, and the service says so": Waits(
            crowd(a_line(limit=1, summarizer=1), 3),
            "summarizer",
            "Service summarizer may have 1 run at a time; this one is number 3 in line.",
            5 * SECOND,
        ),
    }
)
def test_a_run_that_waits_is_told_where_it_stands(case: Waits) -> None:
    turn = case.line.ask(run("z", of=case.of), NOW)
    assert turn
    assert turn.message == case.said
    assert turn.again_at == NOW + case.again


def test_the_position_is_told_anew_only_when_its_time_has_come() -> None:
    line = crowd(a_line(summarizer=1), 4)
    first = line.ask(run("z"), NOW)
    for name in ("r0000", "r0001"):
        line.leave(name)

    assert first
    assert line.ask(run("z"), NOW + 4 * SECOND) == first
    again = line.ask(run("z"), NOW + 5 * SECOND)
    assert again
    assert (first.position, again.position) == (4, 3)


@table(
    {
        "nothing was started": (a_run(), [], None),
        "an attempt was seen": (a_run(), [an_attempt()], 1),
        "the status tells of one that is not seen": (a_run().having_run(), [], 1),
        "the status tells of one that none can be": (
            a_run().in_phase(Phase.QUEUED, attempt=-1),
            [],
            None,
        ),
        "one of another run of the same name": (a_run(), [an_attempt().of_run(OTHER_UID)], None),
        "the next one was seen": (a_run().having_run(), [an_attempt().numbered(2)], 2),
        "the run has ended": (a_run().in_phase(Phase.FAILED, attempt=1), [an_attempt()], None),
        "the attempt was closed": (
            a_run().in_phase(
                Phase.QUEUED,
                attempt=1,
                attempts=[AttemptRecord(number=1, job="call-7-1", finished_at=FINISHED)],
            ),
            [an_attempt()],
            None,
        ),
    }
)
def test_a_run_holds_a_place_while_its_attempt_is_open(
    case: tuple[TaskRun, list[Attempt], int | None],
) -> None:
    one, attempts, number = case
    assert open_attempt(one, attempts) == number


TURN = Turn(3, "Service summarizer", 2, NOW + 5 * SECOND)


def test_a_run_in_line_says_so_and_looks_again_when_its_position_is_counted_anew() -> None:
    plan = reconcile(a_run(), a_service(), [], NOW, turn=TURN)

    assert plan.in_line
    assert not plan.starts
    assert plan.look_again_at == TURN.again_at
    assert plan.status
    assert plan.status.phase == Phase.QUEUED
    assert plan.status.reason == WaitingReason.CONCURRENCY_LIMIT
    assert plan.status.message == TURN.message


def test_a_run_whose_position_has_not_changed_is_not_written_again() -> None:
    plan = reconcile(a_run(), a_service(), [], NOW, turn=TURN)
    assert plan.status
    again = reconcile(a_run().saying(plan.status), a_service(), [], NOW + SECOND, turn=TURN)
    assert again == Plan(look_again_at=TURN.again_at, in_line=True)


def test_a_run_in_line_can_be_cancelled_and_runs_out_of_time() -> None:
    cancelled = reconcile(a_run().cancelled(), a_service(), [], NOW, live=True, turn=TURN)
    late = NOW + timedelta(days=8)
    expired = reconcile(a_run(), a_service(), [], late, live=True, turn=TURN)

    assert cancelled.status
    assert cancelled.status.phase == Phase.CANCELLED
    assert expired.status
    assert expired.status.reason == Reason.QUEUE_DEADLINE_EXCEEDED


SUSPENDED = a_service().having(suspend=True)


def test_a_suspended_service_starts_nothing_and_says_how_to_go_on() -> None:
    plan = reconcile(a_run(), SUSPENDED, [], NOW)

    assert not plan.starts
    assert plan.status
    assert plan.status.reason == WaitingReason.SUSPENDED
    assert plan.status.message == (
        "TaskService summarizer is suspended; its runs start once spec.suspend is false."
    )


@pytest.mark.parametrize("suspend", [False, None])
def test_a_service_that_is_not_suspended_starts_its_runs(suspend: bool | None) -> None:
    plan = reconcile(a_run(), a_service().having(suspend=suspend), [], NOW)
    assert plan.actions == (StartAttempt(1),)


def test_what_runs_when_its_service_is_suspended_runs_on() -> None:
    plan = reconcile(a_run(), SUSPENDED, [an_attempt().running()], NOW)
    assert plan.actions == ()
    assert plan.status
    assert plan.status.phase == Phase.RUNNING
