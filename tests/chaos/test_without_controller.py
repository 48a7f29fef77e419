"""The controller dies in the worst moments; the next one goes on where it was."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import pytest

from taskyard.api.names import LABEL_RUN
from tests.chaos.cases import Case
from tests.chaos.happenings import cancel, until_begun
from tests.chaos.yard import PATIENCE, PODS, Yard
from tests.chart.rendering import RELEASE

CONTROLLER = f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=controller"
DEPLOYMENT = f"deployment/{RELEASE}-controller"
NOWHERE = {"podTemplate": {"spec": {"nodeSelector": {"example.com/nowhere": "yes"}}}}
SOON_AGAIN = {"retries": {"backoff": {"initial": 1, "factor": 1, "max": 1}}}
PATIENT = {"retries": {"limit": 3, "backoff": {"initial": 8, "factor": 1, "max": 8}}}


@pytest.fixture
def no_controller(yard: Yard) -> Iterator[None]:
    """Ends the controller, and starts it again at the end of the test, unless it runs already."""
    yield
    start_controller(yard)


def stop_controller(yard: Yard) -> None:
    yard.installation.in_namespace("scale", DEPLOYMENT, "--replicas=0")
    gone = ("wait", "--for=delete", "pod", "-l", CONTROLLER, "--timeout=60s")
    yard.installation.in_namespace(*gone)


def start_controller(yard: Yard) -> None:
    yard.installation.in_namespace("scale", DEPLOYMENT, "--replicas=1")


def kill_controller(yard: Yard) -> None:
    """SIGKILL, and the kubelet starts another one."""
    yard.installation.kill(CONTROLLER)


def a_task(name: str) -> Case:
    """It runs for some seconds, so that there is time to take the controller away."""
    return Case(name, "hold", {"seconds": 10}, service=SOON_AGAIN)


def until_complete(yard: Yard, case: Case) -> None:
    """Wait until the Job of the first attempt says that it has ended well."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        conditions = yard.run(case).job(1).get("status", {}).get("conditions", [])
        if any(c["type"] == "Complete" and c["status"] == "True" for c in conditions):
            return
        time.sleep(0.2)
    raise TimeoutError(f"the Job of {case.name} did not complete")


def delete_pods(yard: Yard, case: Case) -> None:
    for pod in yard.api.list(PODS, f"{LABEL_RUN}={case.name}")["items"]:
        yard.api.delete(PODS, pod["metadata"]["name"], gracePeriodSeconds=0)


@pytest.mark.usefixtures("no_controller")
def test_runs_cancelled_while_there_is_no_controller_are_cancelled_by_the_next_one(
    yard: Yard,
) -> None:
    long = {"seconds": 300}
    runs = Case("cancel-unseen-running", "hold", long)
    waits = Case("cancel-unseen-pending", "hold", long, service=NOWHERE)
    backs_off = Case("cancel-unseen-between", "stumble", {"failures": 9}, service=PATIENT)
    ends = Case("cancel-unseen-ended", "hold", {"seconds": 5})
    yard.submit(runs, waits, backs_off, ends)
    until_begun(yard, runs.name)
    until_begun(yard, ends.name)
    yard.until(waits, reason="Unschedulable")
    yard.until(backs_off, reason="BackingOff")

    stop_controller(yard)
    for case in (runs, waits, backs_off):
        cancel(yard, case.name)
    start_controller(yard)

    for case in (runs, waits, backs_off):
        assert yard.ended(case).end == ("Cancelled", "Cancelled"), case.name
    assert yard.ended(ends).end == ("Succeeded", "")
    assert yard.run(ends).pods() == [1]


def test_a_controller_killed_during_back_offs_and_verdicts_is_missed_by_nobody(yard: Yard) -> None:
    failing = [
        Case(f"survivor-{number}", "stumble", {"failures": 1}, service=PATIENT)
        for number in range(3)
    ]
    judged = Case("judged", "hold_stubbornly", {"seconds": 300}, deadlines={"run": 8})
    yard.submit(judged, *failing)
    for case in failing:
        yard.until(case, reason="BackingOff")
    yard.until(judged, phase="Running", reason="RunDeadlineExceeded")

    kill_controller(yard)

    for case in failing:
        run = yard.ended(case)
        assert run.end == ("Succeeded", "")
        assert run.reasons == ["TaskError", ""]
        assert run.pods() == [1, 2]
    run = yard.ended(judged)
    assert run.end == ("Failed", "RunDeadlineExceeded")
    assert run.pods() == [1]


@pytest.mark.usefixtures("no_controller")
def test_a_result_that_is_lost_or_changed_is_made_again_and_one_whose_pod_is_gone_is_not(
    yard: Yard,
) -> None:
    lost, changed, collected, emptied = (
        a_task(f"result-{what}")
        for what in ("lost", "changed", "of-a-pod-that-is-gone", "and-pod-lost")
    )
    every = [lost, changed, collected, emptied]
    yard.submit(*every)
    for case in every:
        until_begun(yard, case.name)
        yard.until(case, phase="Running")
    stop_controller(yard)
    for case in every:
        until_complete(yard, case)

    for case in (lost, emptied):
        yard.store.delete(yard.key(case.name, "result", 1))
    yard.store.put(yard.key(changed.name, "result", 1), b"11.0")
    for case in (collected, emptied):
        delete_pods(yard, case)
    start_controller(yard)

    for case, reason in (
        (lost, "ResultUploadFailed"),
        (changed, "ResultUploadFailed"),
        (emptied, "Disrupted"),
    ):
        run = yard.ended(case)
        assert (run.end, run.reasons) == (("Succeeded", ""), [reason, ""]), case.name
        assert run.stored("result", 2) == b"10.0"
    assert "its result is not in the object store" in yard.run(lost).attempts[0]["message"]
    assert "SHA-256" in yard.run(changed).attempts[0]["message"]
    run = yard.ended(collected)
    assert (run.end, run.pods()) == (("Succeeded", ""), [1])
    result = run.status["result"]
    assert (result["size"], result["contentType"]) == (4, "application/json")
    assert result["sha256"] == hashlib.sha256(run.stored("result")).hexdigest()
