"""An attempt that has ended, and its result."""

from dataclasses import replace
from typing import Any

from taskyard.api.reasons import Phase, Reason
from taskyard.api.resource import rfc3339
from taskyard_operator.core.attempt import Ending
from taskyard_operator.core.observation import observe
from taskyard_operator.core.proof import as_found
from taskyard_operator.core.reconcile import reconcile
from tests.core.builders import CREATED, NOW, STARTED, a_result, a_run, a_service, an_attempt
from tests.core.manifests import a_job
from tests.core.tables import table

from .cases import (
    A_SUCCESS,
    BACK_AT,
    ENDED,
    RAN,
    RESULT,
    Writes,
    check_a_second_look,
    check_what_is_written,
    seen,
)
from .runs import RETRYING

WRITES = {
    "a run that has succeeded says where its result is": Writes(
        A_SUCCESS, attempts=[an_attempt().succeeded()]
    ),
    "a success stands although its attempt is being stopped": Writes(
        A_SUCCESS, a_run().cancelled(), [an_attempt().succeeded().stopped()]
    ),
    "a success stands although the service is gone": Writes(
        {name: value for name, value in A_SUCCESS.items() if name != "service"},
        attempts=[an_attempt().succeeded()],
        service=None,
    ),
    "a success stands although the status knew of no attempt": Writes(
        A_SUCCESS, attempts=[an_attempt().succeeded()], live=True
    ),
    "a run that has failed says why": Writes(
        seen(
            phase="Failed",
            reason="TaskError",
            message="ValueError: no",
            record=RAN | {"exitCode": 1, "reason": "TaskError", "message": "ValueError: no"},
            **ENDED,
        ),
        attempts=[an_attempt().failed()],
    ),
    "a lost attempt that is being deleted is not stopped": Writes(
        seen(
            phase="Queued",
            reason="BackingOff",
            message="Attempt 1 ended with Disrupted: evicted The next one starts at "
            f"{BACK_AT:%H:%M:%S} UTC.",
            startedAt=rfc3339(STARTED),
            record=RAN | {"exitCode": 1, "reason": "Disrupted", "message": "evicted"},
        ),
        attempts=[an_attempt().failed(Reason.DISRUPTED, "evicted").stopped()],
        due=BACK_AT,
    ),
}


@table(WRITES)
def test_what_is_written(case: Writes) -> None:
    check_what_is_written(case)


@table(WRITES)
def test_a_second_look_at_what_was_written_writes_nothing(case: Writes) -> None:
    check_a_second_look(case)


class TestASuccess:
    def test_is_proved_before_it_is_said(self) -> None:
        attempt = an_attempt().reporting_success()

        plan = reconcile(a_run(), a_service(), [attempt], NOW)

        assert (plan.prove, plan.status, plan.actions) == (attempt, None, ())

    def test_whose_pod_is_gone_is_looked_for_on_live_data_first(self) -> None:
        attempt = observe(a_job().completed().made(CREATED), None)
        assert attempt

        first = reconcile(a_run(), a_service(), [attempt], NOW)
        second = reconcile(a_run(), a_service(), [attempt], NOW, live=True)

        assert (first.confirm, first.prove) == (True, None)
        assert (second.confirm, second.prove) == (False, attempt)

    def test_is_the_only_end_that_waits_for_a_result_and_any_end_waits_for_a_log(self) -> None:
        ending = Ending(Phase.FAILED, Reason.PROCESS_CRASHED, "it crashed", log_of="task")
        attempt = an_attempt().ended(ending)

        assert reconcile(a_run(), a_service(), [attempt], NOW).prove == attempt
        saved = an_attempt().ended(replace(ending, log_of=None, log_stored=True))
        plan = reconcile(a_run(), a_service(), [attempt, saved], NOW)
        assert plan.status
        assert plan.status.attempts[0].log_stored

    def test_that_is_not_borne_out_is_tried_again_as_a_disruption(self) -> None:
        attempt = an_attempt().reporting_success()
        assert attempt.ending
        proved = replace(attempt, ending=as_found(attempt.ending, None))

        plan = reconcile(a_run(), RETRYING, [attempt, proved], NOW)

        assert plan.status
        assert plan.status.phase == Phase.QUEUED
        assert plan.status.attempts[0].reason == Reason.RESULT_UPLOAD_FAILED
        assert plan.status.result is None


class TestTheResult:
    def result_of(self, **fields: Any) -> dict[str, Any]:
        success = Ending(Phase.SUCCEEDED, exit_code=0, result=a_result(**fields), proved=True)
        plan = reconcile(a_run(), a_service(), [an_attempt().ended(success)], NOW)
        assert plan.status
        result: dict[str, Any] = plan.status.to_wire()["result"]
        return result

    def test_keeps_what_to_answer_with(self) -> None:
        assert self.result_of(status_code=201, file_name="a.png", content_type="image/png") == (
            RESULT | {"statusCode": 201, "fileName": "a.png", "contentType": "image/png"}
        )

    def test_keeps_the_headers_that_the_task_has_set_in_their_order(self) -> None:
        result = self.result_of(headers=(("set-cookie", "a=1"), ("set-cookie", "b=2")))

        assert result["headers"] == [
            {"name": "set-cookie", "value": "a=1"},
            {"name": "set-cookie", "value": "b=2"},
        ]

    def test_has_names_that_fit_the_schema(self) -> None:
        result = self.result_of(file_name="ü" * 999, content_type="t" * 999)

        assert (len(result["fileName"]), len(result["contentType"])) == (255, 255)
