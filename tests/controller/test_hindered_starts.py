"""What the cluster puts in the way of a Job is told in the status of its run, and not only in a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Team
from .processes import Controllers, until


@pytest.fixture
def webhook(team: Team) -> Iterator[str]:
    """An admission webhook that all new Jobs of the namespace need, and that is away."""
    name = f"away-{team.namespace}"
    team.kubectl.apply(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [
                {
                    "name": "jobs.away.example",
                    "clientConfig": {"url": "https://127.0.0.1:1/"},
                    "rules": [
                        {
                            "apiGroups": ["batch"],
                            "apiVersions": ["v1"],
                            "operations": ["CREATE"],
                            "resources": ["jobs"],
                        }
                    ],
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": team.namespace}
                    },
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                    "timeoutSeconds": 1,
                }
            ],
        }
    )
    yield name
    team.kubectl("delete", "validatingwebhookconfiguration", name, "--ignore-not-found")


def says(team: Team, run: str) -> tuple[str, str]:
    found = team.kubectl.json("get", "taskruns.taskyard.dev", run, "-n", team.namespace)
    status: dict[str, Any] = found.get("status", {})
    return status.get("reason", ""), status.get("message", "")


def test_a_run_says_what_its_job_waits_for_and_starts_once_that_has_gone(
    team: Team, controllers: Controllers, webhook: str
) -> None:
    controllers.start(enabled=False)

    team.submit("call")

    until(lambda: says(team, "call")[0] == "ContainerCreating", "it says that it waits")
    assert "failed calling webhook" in says(team, "call")[1]
    assert team.jobs() == set()
    team.kubectl("delete", "validatingwebhookconfiguration", webhook)
    until(lambda: team.jobs() == {"call-1"}, "it is started", within=120)


def test_a_run_says_that_the_name_of_its_job_is_taken_and_starts_once_it_is_free(
    team: Team, controllers: Controllers
) -> None:
    container = {"name": "c", "image": "unused"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    foreign = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "call-1"},
        "spec": {"suspend": True, "template": template},
    }
    team.kubectl.apply(foreign, namespace=team.namespace)
    controllers.start(enabled=False)

    team.submit("call")

    until(lambda: "call-1" in says(team, "call")[1], "it says what is in the way")
    team.kubectl("delete", "job", "call-1", "-n", team.namespace)
    until(lambda: "Unschedulable" in says(team, "call")[0], "it is started", within=120)
