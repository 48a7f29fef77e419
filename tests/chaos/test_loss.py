"""An attempt that is lost is nobody's fault: it is said, and made good by another attempt."""

from __future__ import annotations

from typing import Any

import pytest

from taskyard.api.names import CONTAINER
from tests.chaos.cases import Act, Case, planned
from tests.chaos.happenings import (
    cancel,
    delete_job,
    delete_job_and_leave_its_pod,
    delete_pod,
    delete_pod_by_force,
    delete_pod_that_stays,
    evict_pod,
    preempt_pod,
    running,
    suspend_job,
)
from tests.chaos.yard import JOBS, Yard

FORGIVING = {"retries": {"limit": 0, "backoff": {"initial": 1, "factor": 1, "max": 1}}}
SMALL_DISK = {
    "resources": {"limits": {"ephemeral-storage": "10Mi"}},
    "retries": {"disruptions": 0},
}
ONE_TO_A_NODE = {
    "podTemplate": {
        "spec": {"containers": [{"name": CONTAINER, "ports": [{"containerPort": 1, "hostPort": 19387}]}]}
    }
}  # fmt: skip


def lost(name: str, act: Act, **service: Any) -> Case:
    """A task that runs long in its first attempt only, to which something happens meanwhile."""
    return planned(
        name, "hold", arguments={"seconds": 300, "attempts": 1}, service=FORGIVING | service,
        once=(running, act),
    )  # fmt: skip


def cancel_the_orphan(yard: Yard, name: str) -> None:
    delete_job_and_leave_its_pod(yard, name)
    cancel(yard, name)


full_disk = planned("full-disk", "fill_disk", arguments={"mebibytes": 20}, service=SMALL_DISK)
LOST = {
    "deleted pod": lost("deleted-pod", delete_pod),
    "pod deleted by force": lost("pod-deleted-by-force", delete_pod_by_force),
    "pod stuck terminating": lost("pod-stuck-terminating", delete_pod_that_stays),
    "evicted pod": lost("evicted-pod", evict_pod),
    "preempted pod": lost("preempted-pod", preempt_pod, **ONE_TO_A_NODE),
    "deleted Job": lost("deleted-job", delete_job),
    "suspended Job": lost("suspended-job", suspend_job),
}
cancelled_orphan = planned(
    "cancelled-orphan", "hold", arguments={"seconds": 300}, once=(running, cancel_the_orphan)
)
orphan_out_of_time = planned(
    "orphan-out-of-time", "hold", arguments={"seconds": 300}, deadlines={"run": 20},
    once=(running, delete_job_and_leave_its_pod),
)  # fmt: skip


@pytest.mark.parametrize("case", LOST.values(), ids=LOST.keys())
def test_a_lost_attempt_is_repeated_and_costs_no_retry(yard: Yard, case: Case) -> None:
    run = yard.ended(case)

    assert run.end == ("Succeeded", "")
    assert run.reasons == ["Disrupted", ""]
    assert run.pods() == [1, 2]
    first = run.attempts[0]
    assert {"pod", "node", "startedAt", "finishedAt", "message"} <= first.keys()


def test_a_preempted_attempt_is_lost_in_the_schedulers_words(yard: Yard) -> None:
    run = yard.ended(LOST["preempted pod"])

    assert "preempting to accommodate a higher priority pod" in run.attempts[0]["message"]


def test_nothing_of_a_suspended_job_comes_back_when_it_is_resumed(yard: Yard) -> None:
    run = yard.ended(LOST["suspended Job"])

    jobs = [job["metadata"]["name"] for job in yard.api.list(JOBS)["items"]]

    assert f"{run.name}-1" not in jobs


def test_a_run_whose_job_was_deleted_from_under_its_pod_can_be_cancelled(yard: Yard) -> None:
    run = yard.ended(cancelled_orphan)

    assert run.end == ("Cancelled", "Cancelled")
    assert b"told to end" in run.stored("log")


def test_a_run_whose_job_was_deleted_from_under_its_pod_still_has_a_deadline(yard: Yard) -> None:
    run = yard.ended(orphan_out_of_time)

    assert run.end == ("Failed", "RunDeadlineExceeded")
    assert b"told to end" in run.stored("log")


def test_a_pod_evicted_for_the_disk_it_took_is_a_disruption_with_the_kubelets_sentence(
    yard: Yard,
) -> None:
    run = yard.ended(full_disk)

    assert run.end == ("Failed", "Disrupted")
    assert "ephemeral" in run.message
