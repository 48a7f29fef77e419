"""Attempts that vanish, linger or come back: each run still ends, once, and with the true reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from taskyard.api.names import LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard.api.reasons import Phase, Reason
from taskyard.api.resource import Metadata
from taskyard.api.taskrun import AttemptRecord, TaskInput, TaskRun, TaskRunSpec, TaskRunStatus
from taskyard.api.taskservice import Deadlines, Retries, Task, TaskService, TaskServiceSpec
from taskyard_operator.core.attempt import Attempt, Ending, Stage
from taskyard_operator.core.observation import observe
from taskyard_operator.core.plan import StartAttempt, StopAttempt
from taskyard_operator.core.reconcile import reconcile

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
HOURS_AGO = NOW - timedelta(hours=5)
LABELS = {LABEL_RUN: "r", LABEL_RUN_UID: "u", LABEL_ATTEMPT: "1"}


def a_service(**retries: Any) -> TaskService:
    spec = TaskServiceSpec(
        image="i",
        entrypoint="m:C",
        tasks=[Task(name="t")],
        deadlines=Deadlines(start=3600),
        retries=Retries(**retries),
    )
    return TaskService(metadata=Metadata(name="s", namespace="n"), spec=spec)


def a_running_run(*, cancel: bool | None = None, **verdict: Any) -> TaskRun:
    record = AttemptRecord(
        number=1, job="r-1", pod="r-1-x", node="gpu-3", started_at=HOURS_AGO, **verdict
    )
    metadata = Metadata(name="r", namespace="n", uid="u", creation_timestamp=HOURS_AGO)
    spec = TaskRunSpec(service="s", task="t", input=TaskInput(inline={}), cancel=cancel)
    status = TaskRunStatus(phase=Phase.RUNNING, attempt=1, attempts=[record])
    return TaskRun(metadata=metadata, spec=spec, status=status)


def an_attempt(stage: Stage, **fields: Any) -> Attempt:
    return Attempt(1, "u", "r-1", stage, created_at=HOURS_AGO, admitted_at=HOURS_AGO, **fields)


WITHOUT_POD = an_attempt(Stage.WAITING)


def ended(ending: Ending) -> Attempt:
    return an_attempt(Stage.ENDED, pod="r-1-x", node="gpu-3", finished_at=NOW, ending=ending)


def test_a_job_that_lost_its_pod_hours_after_its_start_has_not_failed_to_start() -> None:
    run = a_running_run()

    assert reconcile(run, a_service(), [WITHOUT_POD], NOW).confirm
    status = reconcile(run, a_service(), [WITHOUT_POD], NOW, live=True).status

    assert status is not None
    assert status.reason == Reason.DISRUPTED
    assert status.message == "The pod r-1-x was deleted before its end could be read."


def test_a_lost_pod_and_its_node_stay_in_the_record_of_the_attempt() -> None:
    run = a_running_run(reason="Disrupted")
    lost = Attempt(
        1, "u", "r-1", Stage.ENDED, admitted_at=HOURS_AGO,
        ending=Ending(Phase.FAILED, Reason.DISRUPTED, "gone"),
    )  # fmt: skip

    status = reconcile(run, a_service(), [lost], NOW, live=True).status

    assert status is not None
    record = status.attempts[0]
    assert (record.pod, record.node, record.started_at) == ("r-1-x", "gpu-3", HOURS_AGO)
    assert record.finished_at == NOW


def test_what_is_left_of_a_disrupted_attempt_is_stopped_before_another_one_follows() -> None:
    attempt = ended(Ending(Phase.FAILED, Reason.DISRUPTED, "evicted"))

    run = a_running_run()

    told = reconcile(run, a_service(), [attempt], NOW)

    assert told.status is not None
    assert (told.status.reason, told.actions) == ("BackingOff", ())
    run = run.model_copy(update={"status": told.status})
    for later in (NOW, NOW + timedelta(hours=1)):
        assert reconcile(run, a_service(), [attempt], later).actions == (StopAttempt(1),)


def test_the_job_of_an_attempt_that_failed_by_itself_is_left_for_people_to_look_at() -> None:
    attempt = ended(Ending(Phase.FAILED, Reason.TASK_ERROR, "seven"))

    assert reconcile(a_running_run(), a_service(limit=1), [attempt], NOW).actions == ()


def test_what_a_cancelled_attempt_left_behind_is_in_its_record() -> None:
    seen = Ending(Phase.CANCELLED, Reason.CANCELLED, "told", 1, log_stored=True)

    status = reconcile(a_running_run(cancel=True), a_service(), [ended(seen)], NOW).status

    assert status is not None
    assert (status.phase, status.attempts[0].log_stored) == (Phase.CANCELLED, True)


def test_what_an_attempt_ended_by_its_deadline_left_behind_is_in_its_record() -> None:
    run = a_running_run(reason="RunDeadlineExceeded", message="too long")
    seen = Ending(Phase.CANCELLED, Reason.CANCELLED, "told", 1, log_stored=True)

    status = reconcile(run, a_service(), [ended(seen)], NOW).status

    assert status is not None
    record = status.attempts[0]
    assert (status.reason, record.log_stored) == ("RunDeadlineExceeded", True)


def test_an_attempt_that_is_gone_before_its_end_was_seen_may_have_left_a_log() -> None:
    """A pod that was told to stop is gone a moment after its end: seen is then only that nothing is left."""
    run = a_running_run(cancel=True)

    look = reconcile(run, a_service(), [], NOW, live=True)

    assert look.status is None
    assert look.prove is not None
    assert look.prove.ending is not None
    found = replace(look.prove.ending, log_of=None, log_stored=True)
    status = reconcile(run, a_service(), [replace(look.prove, ending=found)], NOW, live=True).status
    assert status is not None
    assert status.phase == Phase.CANCELLED
    record = status.attempts[0]
    assert (record.reason, record.finished_at, record.log_stored) == ("Cancelled", NOW, True)
    assert (record.pod, record.node, record.started_at) == ("r-1-x", "gpu-3", HOURS_AGO)


def a_pod(**metadata: Any) -> dict[str, Any]:
    created = {"creationTimestamp": "2026-11-24T04:00:00Z"}
    running = {"name": "task", "state": {"running": {"startedAt": "2026-11-24T04:00:01Z"}}}
    return {
        "metadata": {"name": "r-1-x", "labels": LABELS} | created | metadata,
        "spec": {"nodeName": "gpu-3"},
        "status": {"containerStatuses": [running]},
    }


def test_a_pod_whose_job_was_deleted_from_above_it_is_stopped_when_the_run_is_cancelled() -> None:
    orphan = observe(None, a_pod())

    assert orphan is not None
    run = a_running_run(cancel=True)
    said = reconcile(run, a_service(), [orphan], NOW).status
    assert said

    plan = reconcile(run.model_copy(update={"status": said}), a_service(), [orphan], NOW)

    assert plan.actions == (StopAttempt(1),)


def test_a_pod_that_a_dead_node_cannot_end_is_given_up_a_minute_after_its_grace() -> None:
    stuck = observe(None, a_pod(deletionTimestamp="2026-11-24T04:59:30Z"))
    assert stuck is not None
    due = datetime(2026, 11, 24, 5, 0, 30, tzinfo=UTC)
    run = a_running_run()

    before = reconcile(run, a_service(), [stuck], NOW)
    after = reconcile(run, a_service(), [stuck], due, live=True)

    assert before.look_again_at == due
    assert after.status is not None
    assert after.status.reason == "BackingOff"
    assert after.status.attempts[0].message is not None
    assert "node gpu-3 does not answer" in after.status.attempts[0].message


def test_of_a_pod_that_no_node_has_it_is_told_what_may_keep_it_and_not_that_a_node_is_dead() -> (
    None
):
    unplaced = a_pod(deletionTimestamp="2026-11-24T04:58:30Z") | {"spec": {}, "status": {}}
    kept = observe(None, unplaced)
    assert kept is not None

    status = reconcile(a_running_run(cancel=True), a_service(), [kept], NOW, live=True).status

    assert status is not None
    assert status.phase == Phase.CANCELLED
    assert status.message == (
        "The pod was told to go and is still there, though no node has it: its metadata.finalizers "
        "tell who keeps it."
    )


def test_a_cancel_does_not_wait_for_a_dead_node_for_ever() -> None:
    stuck = observe(None, a_pod(deletionTimestamp="2026-11-24T04:58:30Z"))

    assert stuck is not None
    status = reconcile(a_running_run(cancel=True), a_service(), [stuck], NOW, live=True).status

    assert status is not None
    assert status.phase == Phase.CANCELLED
    released = next(c for c in status.conditions if c.type == "ResourcesReleased")
    assert (released.status, released.reason) == ("Unknown", "MayRun")


def a_terminated_pod(exit_code: int, message: str) -> dict[str, Any]:
    pod = a_pod()
    terminated = {"exitCode": exit_code, "message": message, "reason": "Error"}
    pod["status"]["containerStatuses"][0]["state"] = {"terminated": terminated}
    return pod


def test_an_image_without_the_runner_is_told_from_a_crash() -> None:
    said = "/usr/local/bin/python: No module named taskyard_runtime\n"

    attempt = observe(None, a_terminated_pod(1, said))

    assert attempt is not None
    assert attempt.ending is not None
    assert attempt.ending.reason is Reason.LOAD_FAILED
    assert attempt.ending.message.startswith("The image has no taskyard_runtime")


def test_a_runner_that_leaves_no_report_is_told_with_the_last_line_of_its_log() -> None:
    attempt = observe(None, a_terminated_pod(139, "loading\nterminate called: bad_alloc\n\n"))

    assert attempt is not None
    assert attempt.ending is not None
    assert attempt.ending.reason is Reason.PROCESS_CRASHED
    assert attempt.ending.message == (
        "The runner ended with exit code 139 and left no report. "
        "The last line of its log: terminate called: bad_alloc"
    )


def test_what_lingers_of_an_attempt_that_was_closed_is_stopped_and_does_not_reopen_it() -> None:
    closed = a_running_run(reason="Disrupted", finished_at=NOW - timedelta(minutes=1))

    plan = reconcile(closed, a_service(), [WITHOUT_POD], NOW)

    assert (plan.actions, plan.status) == ((StopAttempt(1),), None)
    plan = reconcile(closed, a_service(), [replace(WITHOUT_POD, stopping=True)], NOW)
    assert (plan.actions, plan.status) == ((StartAttempt(2),), None)
