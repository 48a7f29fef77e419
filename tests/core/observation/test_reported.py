"""What is told of an end of which the runner left a report, or half of one."""

import json
from dataclasses import replace

import pytest

from taskyard.api.names import CONTAINER, bounded
from taskyard.api.reasons import Reason
from taskyard_operator.core.observation import observe
from tests.core.builders import CREATED, NOW, STARTED, a_failure, a_success
from tests.core.manifests import a_job, a_pod
from tests.core.tables import table

from .cases import DAYS, NO_REPORT, Case, check, failed, released, succeeded

NO_REASON = "The runner gave no reason that a runner may give: it did not work"

CASES = {
    "a report of success is trusted": Case(
        a_job(), a_pod().terminated(0, a_success()), succeeded()
    ),
    "a report of success counts although the Job does not know yet that it failed": Case(
        a_job(), a_pod().terminated(137, a_success(), reason="OOMKilled"), succeeded(137)
    ),
    "a pod whose Job is gone can still report success": Case(
        None,
        a_pod().being_deleted().terminated(0, a_success()),
        replace(succeeded(), stopping=True, gone_by=NOW),
    ),
    "a report of failure gives reason and message": Case(
        a_job(),
        a_pod().terminated(1, a_failure("TaskError", "ValueError: no")),
        failed(Reason.TASK_ERROR, "ValueError: no"),
    ),
    "a report of out of memory is believed although only a child was killed": Case(
        a_job(),
        a_pod().terminated(1, a_failure("OutOfMemory")),
        failed(Reason.OUT_OF_MEMORY, "it did not work"),
    ),
    "a report that claims a reason which a runner may not give is a crash": Case(
        a_job(),
        a_pod().terminated(1, a_failure("Disrupted")),
        failed(Reason.PROCESS_CRASHED, NO_REASON),
    ),
    "a report with a reason that nobody knows is a crash": Case(
        a_job(),
        a_pod().terminated(1, a_failure("BadMood")),
        failed(Reason.PROCESS_CRASHED, NO_REASON),
    ),
    "a report of success without a result is not believed": Case(
        a_job(),
        a_pod().terminated(0, '{"outcome": "Succeeded"}'),
        failed(
            Reason.PROCESS_CRASHED,
            f'{NO_REPORT.format(0)} The last line of its log: {{"outcome": "Succeeded"}}',
            0,
        ),
        log_of=CONTAINER,
    ),
    "a report of an unknown outcome is not believed": Case(
        a_job(),
        a_pod().terminated(0, '{"outcome": "Fine"}'),
        failed(
            Reason.PROCESS_CRASHED,
            f'{NO_REPORT.format(0)} The last line of its log: {{"outcome": "Fine"}}',
            0,
        ),
        log_of=CONTAINER,
    ),
    "half a report is none": Case(
        a_job(),
        a_pod().terminated(1, a_success().to_json()[:40]),
        failed(
            Reason.PROCESS_CRASHED,
            f"{NO_REPORT.format(1)} The last line of its log: {a_success().to_json()[:40]}",
        ),
        log_of=CONTAINER,
    ),
    "a report so deeply nested that it cannot be read is none": Case(
        a_job(),
        a_pod().terminated(1, "[" * 4096),
        failed(
            Reason.PROCESS_CRASHED,
            bounded(f"{NO_REPORT.format(1)} The last line of its log: {'[' * 4096}"),
        ),
        log_of=CONTAINER,
    ),
    "what a runner without a report said last is told": Case(
        a_job(),
        a_pod().terminated(139, "loading\nterminate called: bad_alloc\n\n"),
        failed(
            Reason.PROCESS_CRASHED,
            f"{NO_REPORT.format(139)} The last line of its log: terminate called: bad_alloc",
            139,
        ),
        log_of=CONTAINER,
    ),
    "an image without the runner is told from a crash": Case(
        a_job(),
        a_pod().terminated(1, "/usr/bin/python: No module named taskyard_runtime\n"),
        failed(
            Reason.LOAD_FAILED,
            "The image has no taskyard_runtime: build it on the runtime image of Taskyard.",
        ),
        log_of=CONTAINER,
    ),
    "an end beside a second container that runs has not freed anything": Case(
        a_job(),
        a_pod().with_container({"running": {}}, name="proxy").terminated(0, a_success()),
        released(succeeded(), free=False),
    ),
    "an end beside a container that is restarted, and is ended after it, has not yet": Case(
        a_job(),
        a_pod().initializing({"running": {}}).terminated(0, a_success()),
        released(succeeded(), free=False),
    ),
    "an end beside a second container that cannot be started has not: its pod is kept for it": Case(
        a_job(),
        a_pod()
        .with_container({"waiting": {"reason": "ImagePullBackOff"}}, name="proxy")
        .terminated(0, a_success()),
        released(succeeded(), free=False),
    ),
    "an end beside a container that is to be restarted has not yet": Case(
        a_job(),
        a_pod()
        .initializing({"waiting": {"reason": "CrashLoopBackOff"}})
        .terminated(0, a_success()),
        released(succeeded(), free=False),
    ),
    "a container that ended before it began, by the clock of its node, ended at once": Case(
        a_job(),
        a_pod().terminated(0, a_success()).ending_at(CREATED - DAYS),
        replace(succeeded(), finished_at=STARTED),
    ),
    "an end beside a second container that has ended has": Case(
        a_job(),
        a_pod().with_container({"terminated": {}}, name="proxy").terminated(0, a_success()),
        succeeded(),
    ),
}


@table(CASES)
def test_what_a_runner_said_is_told(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    "reason",
    [
        "InvalidInput",
        "TaskError",
        "OutOfMemory",
        "ProcessCrashed",
        "RunDeadlineExceeded",
        "LoadFailed",
        "InputUnavailable",
        "ResultUploadFailed",
    ],
)
def test_each_reason_that_a_runner_may_give_is_believed(reason: str) -> None:
    attempt = observe(a_job(), a_pod().terminated(1, a_failure(reason)))

    assert attempt == failed(Reason(reason), "it did not work")


@pytest.mark.parametrize("reason", ["TaskError", "Nonsense"])
def test_messages_are_bounded(reason: str) -> None:
    said = {"outcome": "Failed", "reason": reason, "message": "ü" * 3000, "error_type": "E" * 500}
    report = json.dumps(said)

    attempt = observe(a_job(), a_pod().terminated(1, report))

    assert attempt
    assert attempt.ending
    assert len(attempt.ending.message.encode()) <= 1024
    assert len(attempt.ending.error_type) == 128
