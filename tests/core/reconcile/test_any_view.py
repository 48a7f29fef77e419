"""What holds of every plan, whatever was seen."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.reasons import Phase, Reason, WaitingReason
from taskyard.api.taskrun import TaskRun, TaskRunStatus
from taskyard.api.taskservice import TaskService
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.conditions import may_hold_resources
from taskyard_operator.core.plan import ArchiveRun, DeleteRun, StartAttempt, StopAttempt
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.retention import is_archived
from taskyard_operator.core.steps.current_attempt import NODE_PATIENCE
from tests.core.builders import (
    CREATED,
    NOW,
    OTHER_UID,
    RUN_UID,
    STARTED,
    a_run,
    a_service,
    an_attempt,
)

from .runs import FOREIGN, LARGE, LOST_FIRST, MINUTES, ONCE, PULLING, RETRYING, SHORT

ATTEMPTS = st.sampled_from(
    [
        an_attempt(),
        an_attempt().made(NOW),
        an_attempt().stopped(),
        an_attempt().waiting_for(WaitingReason.PULLING_IMAGE, "m" * 1000),
        an_attempt().running(),
        an_attempt().running().stopped(),
        an_attempt().succeeded(),
        an_attempt().reporting_success(),
        an_attempt().failed(),
        an_attempt().failed(Reason.OUT_OF_MEMORY, "ü" * 5000),
        an_attempt().told_to_stop(),
        an_attempt().ended_without_pod(),
        an_attempt().of_run(OTHER_UID).running(),
        an_attempt().of_run(OTHER_UID).succeeded(),
        an_attempt().numbered(2).running(),
        an_attempt().suspended(),
        an_attempt().running().to_be_gone(NOW),
        an_attempt().running().to_be_gone(NOW - NODE_PATIENCE),
        an_attempt().ended(Ending(Phase.FAILED, Reason.TASK_ERROR, "no", released=False)),
        PULLING,
        replace(PULLING, placed_at=CREATED),
    ]
)
RECORDS = st.sampled_from(
    [
        [],
        [LOST_FIRST],
        a_run().having_run().status.attempts,
        a_run().condemned(Reason.RUN_DEADLINE_EXCEEDED).status.attempts,
        [LOST_FIRST, *a_run().having_run(2).status.attempts],
    ]
)
STATUSES = st.builds(
    lambda attempts, **fields: TaskRunStatus(
        attempts=attempts, attempt=attempts[-1].number if attempts else None, **fields
    ),
    RECORDS,
    phase=st.none() | st.sampled_from([phase for phase in Phase if not phase.terminal]),
    started_at=st.none() | st.just(STARTED),
) | st.builds(
    TaskRunStatus,
    phase=st.sampled_from(list(Phase)),
    attempt=st.just(1),
    conditions=st.sampled_from([[], a_run().perhaps_holding_something().status.conditions]),
)
RUNS = st.builds(
    lambda run, status: run.saying(status),
    st.sampled_from(
        [
            a_run(),
            a_run().cancelled(),
            a_run().being_cancelled(),
            a_run().being_deleted(),
            FOREIGN,
            LARGE,
            a_run().calling("nothing"),
        ]
    ),
    STATUSES,
)
SERVICES = st.sampled_from([None, a_service(), ONCE, RETRYING, SHORT, MINUTES])
VIEWS = st.tuples(RUNS, SERVICES, st.lists(ATTEMPTS, max_size=3), st.booleans())
View = tuple[TaskRun, TaskService | None, list[Attempt], bool]


class TestWhateverIsSeen:
    @given(VIEWS)
    def test_there_is_a_plan_and_soon_there_is_nothing_more_to_write(self, view: View) -> None:
        """At one moment: a closed attempt, then that its service is missing, and no more."""
        run, service, attempts, live = view
        for _ in range(3):
            plan = reconcile(run, service, attempts, NOW, live=live)
            if plan.status is None:
                break
            run = run.model_copy(update={"status": plan.status})

        assert reconcile(run, service, attempts, NOW, live=live).status is None

    @given(VIEWS)
    def test_a_plan_stops_and_starts_only_the_one_that_is_due(self, view: View) -> None:
        run, service, attempts, live = view

        plan = reconcile(run, service, attempts, NOW, live=live)

        own = [attempt for attempt in attempts if attempt.owner == RUN_UID]
        current = max([*(attempt.number for attempt in own), run.status.attempt or 0])

        def attempts_of(number: int) -> list[Attempt]:
            """The last one of a number counts."""
            return [attempt for attempt in own if attempt.number == number][-1:]

        for action in plan.actions:
            match action:
                case StartAttempt(number):
                    assert number == current + 1
                    assert number == 1 or run.status.attempts[-1].finished_at
                case StopAttempt(number):
                    assert number == current or attempts_of(number)[0].may_run
                    assert not any(a.stopping for a in attempts_of(number))
                case ArchiveRun() | DeleteRun():
                    assert run.status.terminal
                    assert (action == ArchiveRun()) != is_archived(run.status)

    @given(VIEWS, st.randoms())
    def test_the_order_of_attempts_and_seeing_them_twice_do_not_matter(
        self, view: View, random: Any
    ) -> None:
        run, service, attempts, live = view
        attempts = list({attempt.number: attempt for attempt in attempts}.values())
        shuffled = random.sample(attempts, len(attempts)) + attempts

        assert reconcile(run, service, shuffled, NOW, live=live) == reconcile(
            run, service, attempts, NOW, live=live
        )

    @given(VIEWS)
    def test_of_a_finished_run_only_that_it_is_free_is_ever_written(self, view: View) -> None:
        run, service, attempts, live = view

        plan = reconcile(run, service, attempts, NOW, live=live)

        if run.status.terminal:
            same = {name for name in TaskRunStatus.model_fields if name != "conditions"}
            before, after = run.status, plan.status or run.status
            assert after.model_dump(include=same) == before.model_dump(include=same)
            assert plan.status is None or (live and may_hold_resources(before))
            assert not any(isinstance(action, StartAttempt) for action in plan.actions)

    @given(VIEWS)
    def test_a_status_is_bounded_and_says_of_which_generation_it_is(self, view: View) -> None:
        run, service, attempts, live = view

        status = reconcile(run, service, attempts, NOW, live=live).status

        if status and not run.status.terminal:
            assert status.observed_generation == run.metadata.generation
            assert len((status.message or "").encode()) <= 1024
            assert (status.finished_at is not None) == status.terminal
            assert (status.result is not None) == (status.phase == Phase.SUCCEEDED)

    @given(VIEWS)
    def test_a_run_that_goes_on_has_somebody_to_wake_it(self, view: View) -> None:
        run, service, attempts, live = view

        plan = reconcile(run, service, attempts, NOW, live=live)

        ends = run.status.terminal or (plan.status and plan.status.terminal)
        own = [attempt for attempt in attempts if attempt.owner == RUN_UID]
        stopped = run.spec.cancel or (run.status.attempts and run.status.attempts[-1].reason)
        ending = stopped and any(attempt.stage is not Stage.ENDED for attempt in own)
        woken = plan.look_again_at or plan.confirm or plan.prove or ending
        assert woken or ends or run.metadata.deletion_timestamp

    @given(VIEWS)
    def test_only_live_data_ends_a_run_whose_attempt_is_missing(self, view: View) -> None:
        run, service, attempts, live = view

        plan = reconcile(run, service, attempts, NOW, live=live)

        own = [attempt for attempt in attempts if attempt.owner == RUN_UID]
        if plan.status and plan.status.phase == Phase.CANCELLED and not own:
            assert live
        if plan.status and plan.status.reason == Reason.DISRUPTED and not own:
            assert live
