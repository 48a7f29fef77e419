"""The conditions in the status."""

from datetime import timedelta

from taskyard.api.reasons import Condition, Phase, Reason
from taskyard.api.resource import StatusCondition
from taskyard_operator.core.attempt import Attempt, Ending
from taskyard_operator.core.observation import observe
from taskyard_operator.core.plan import Plan
from taskyard_operator.core.reconcile import reconcile
from tests.core.builders import CREATED, FINISHED, NOW, a_failure, a_run, a_service, an_attempt
from tests.core.manifests import a_job, a_pod
from tests.core.tables import table

from .runs import BETWEEN, DAY, STOP

LATER = NOW + timedelta(minutes=5)


class TestConditions:
    def condition(self, plan: Plan, kind: Condition) -> StatusCondition:
        assert plan.status
        return next(known for known in plan.status.conditions if known.type == kind)

    @table(
        {
            "unknown while it waits": (an_attempt(), "Unknown", "Starting"),
            "unknown while it runs": (an_attempt().running(), "Unknown", "Running"),
            "true at its success": (an_attempt().succeeded(), "True", "Succeeded"),
            "false at its failure": (an_attempt().failed(), "False", "TaskError"),
        }
    )
    def test_whether_a_run_succeeded_is(self, case: tuple[Attempt, str, str]) -> None:
        attempt, status, reason = case

        plan = reconcile(a_run(), a_service(), [attempt], NOW)

        succeeded = self.condition(plan, Condition.SUCCEEDED)
        assert (succeeded.status, succeeded.reason) == (status, reason)
        assert succeeded.last_transition_time == NOW
        assert succeeded.observed_generation == 1

    def test_the_time_is_kept_while_only_the_words_change(self) -> None:
        waiting = reconcile(a_run(), a_service(), [an_attempt()], NOW)
        assert waiting.status
        run = a_run().saying(waiting.status)

        running = reconcile(run, a_service(), [an_attempt().running()], LATER)

        succeeded = self.condition(running, Condition.SUCCEEDED)
        assert (succeeded.reason, succeeded.last_transition_time) == ("Running", NOW)

    def test_the_time_moves_when_the_status_turns(self) -> None:
        waiting = reconcile(a_run(), a_service(), [an_attempt()], NOW)
        assert waiting.status
        run = a_run().saying(waiting.status)

        ended = reconcile(run, a_service(), [an_attempt().succeeded()], LATER)

        assert self.condition(ended, Condition.SUCCEEDED).last_transition_time == LATER

    def test_conditions_of_others_are_kept(self) -> None:
        other = StatusCondition(type="Archived", status="True", last_transition_time=CREATED)
        run = a_run().in_phase(Phase.RUNNING, conditions=[other])

        plan = reconcile(run, a_service(), [an_attempt().succeeded()], NOW)

        assert self.condition(plan, Condition.ARCHIVED) == other

    def test_resources_are_not_called_free_while_a_container_of_the_pod_runs(self) -> None:
        pod = (
            a_pod()
            .with_container({"running": {}}, name="proxy")
            .terminated(1, a_failure("TaskError"))
            .in_phase("Running")
        )
        attempt = observe(a_job(), pod)
        assert attempt

        plan = reconcile(a_run(), a_service(), [attempt], NOW)

        released = self.condition(plan, Condition.RESOURCES_RELEASED)
        assert (released.status, released.reason) == ("Unknown", "MayRun")
        assert plan.status
        run = a_run().saying(plan.status)
        assert STOP in reconcile(run, a_service(), [attempt], NOW).actions

    @table(
        {
            "that lives on on a dead node": an_attempt().running().to_be_gone(NOW),
            "of which a second container runs": an_attempt().ended(
                Ending(Phase.FAILED, Reason.DISRUPTED, "lost", released=False)
            ),
        }
    )
    def test_resources_are_not_called_free_for_an_attempt_before(self, case: Attempt) -> None:
        """Cancelled, or too late, between two attempts of which the first left something."""
        for run, now in ((BETWEEN.cancelled(), NOW), (BETWEEN, FINISHED + 7 * DAY)):
            plan = reconcile(run, a_service(), [case], now, live=True)

            assert self.condition(plan, Condition.RESOURCES_RELEASED).status == "Unknown"

    def test_resources_are_not_called_free_while_an_attempt_before_may_run(self) -> None:
        on_a_dead_node = an_attempt().running().stopped().to_be_gone(FINISHED)
        last = an_attempt().numbered(2).failed()

        plan = reconcile(BETWEEN, a_service(), [on_a_dead_node, last], NOW)

        assert plan.status
        assert plan.status.phase == Phase.FAILED
        assert self.condition(plan, Condition.RESOURCES_RELEASED).status == "Unknown"
