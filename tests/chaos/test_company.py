"""Containers that a service's `podTemplate` sets beside the task: one is ended after it, one never starts."""

from __future__ import annotations

from taskyard.api.names import LABEL_RUN
from tests.chaos.cases import WITHOUT_RUNNER, Status, conditions, planned
from tests.chaos.yard import PATIENCE, PODS, Yard

TAKES_ITS_TIME = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: exit(time.sleep(5)))
while True:
    time.sleep(60)
"""
in_company = planned(
    "in-company", "echo", arguments={"text": "x"},
    service={
        "podTemplate": {
            "spec": {
                "initContainers": [
                    {
                        "name": "company",
                        "image": WITHOUT_RUNNER,
                        "restartPolicy": "Always",
                        "command": ["python", "-c", TAKES_ITS_TIME],
                        "securityContext": {
                            "runAsUser": 1000,
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                    }
                ]
            }
        }
    },
)  # fmt: skip

never_in_company = planned(
    "never-in-company", "echo", arguments={"text": "x"},
    service={
        "podTemplate": {"spec": {"containers": [{"name": "company", "image": "No/Image:at all"}]}}
    },
)  # fmt: skip


def released(status: Status) -> str:
    return str(conditions(status)["ResourcesReleased"]["status"])


def test_what_a_task_had_is_not_called_free_before_what_is_beside_it_has_ended(yard: Yard) -> None:
    run = yard.ended(in_company)

    assert run.end == ("Succeeded", "")
    _, at_first = run.first_with(phase="Succeeded")
    assert released(at_first) == "Unknown"
    assert yard.runs.until(lambda: released(run.status) == "True", PATIENCE)
    pods = yard.api.list(PODS, f"{LABEL_RUN}={run.name}")["items"]
    beside = [pod["status"]["initContainerStatuses"][0]["state"] for pod in pods]
    assert not any("running" in state for state in beside)


def test_a_pod_is_not_kept_for_a_container_that_cannot_be_started_beside_a_task_that_has_ended(
    yard: Yard,
) -> None:
    run = yard.ended(never_in_company)

    assert run.end == ("Succeeded", "")
    assert yard.runs.until(lambda: released(run.status) == "True", PATIENCE)
    assert yard.api.list(PODS, f"{LABEL_RUN}={run.name}")["items"] == []
