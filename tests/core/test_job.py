"""The Job of one attempt. The manifests wanted are in `data/`; `TASKYARD_UPDATE_DATA=1` rewrites them."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from taskyard.api.names import (
    LABEL_ATTEMPT,
    LABEL_MANAGED_BY,
    LABEL_RUN,
    LABEL_RUN_UID,
    LABEL_SERVICE,
    LABEL_TASK,
    MAX_RUN_NAME,
)
from taskyard.api.runner import TICKET_VARIABLE, Ticket
from taskyard_operator.core.job import UPLOAD_SECONDS, JobSettings, build_job

from .builders import RUN_UID, ARun, AService, a_run, a_service, a_ticket
from .tables import table

DATA = Path(__file__).parent / "data"
Json = dict[str, Any]


def job_of(
    service: AService, run: ARun | None = None, number: int = 1, **settings: Any
) -> dict[str, Any]:
    ticket = a_ticket(attempt=number)
    return build_job(run or a_run(), service.spec, number, ticket, JobSettings(**settings))


def container_of(job: Json, name: str = "task") -> Json:
    (found,) = [c for c in job["spec"]["template"]["spec"]["containers"] if c["name"] == name]
    return dict(found)


@dataclass(frozen=True)
class Golden:
    service: AService
    file: str


@table(
    {
        "a plain service": Golden(a_service(), "plain.yaml"),
        "a service with everything": Golden(
            a_service()
            .with_resources(requests={"cpu": "500m", "memory": "2Gi"}, limits={"memory": "2Gi"})
            .with_gpus(2, "NVIDIA-H100-80GB-HBM3")
            .in_queue(max_concurrent=3, local_queue="research", priority_class="batch")
            .with_pod_template(
                {
                    "metadata": {"annotations": {"team": "nlp"}},
                    "spec": {
                        "runtimeClassName": "nvidia",
                        "tolerations": [{"key": "spot", "operator": "Exists"}],
                        "volumes": [
                            {"name": "models", "persistentVolumeClaim": {"claimName": "models"}}
                        ],
                        "containers": [
                            {
                                "name": "task",
                                "env": [{"name": "HF_HOME", "value": "/models"}],
                                "volumeMounts": [{"name": "models", "mountPath": "/models"}],
                            }
                        ],
                    },
                }
            ),
            "everything.yaml",
        ),
    }
)
def test_the_manifest_is_the_known_one(case: Golden) -> None:
    path = DATA / case.file
    job = job_of(case.service)
    if os.environ.get("TASKYARD_UPDATE_DATA"):
        path.write_text(yaml.safe_dump(job, sort_keys=False))

    assert job == yaml.safe_load(path.read_text())


def test_the_job_is_found_by_its_run_and_goes_with_it() -> None:
    metadata = job_of(a_service(), number=3)["metadata"]

    assert metadata["name"] == "call-7-3"
    assert metadata["labels"] == {
        LABEL_MANAGED_BY: "taskyard",
        LABEL_RUN: "call-7",
        LABEL_RUN_UID: RUN_UID,
        LABEL_SERVICE: "summarizer",
        LABEL_TASK: "summarize",
        LABEL_ATTEMPT: "3",
    }
    (owner,) = metadata["ownerReferences"]
    assert (owner["uid"], owner["controller"]) == (RUN_UID, True)


def test_the_pod_passes_the_standard_restricted_and_holds_no_credentials() -> None:
    pod = job_of(a_service())["spec"]["template"]["spec"]
    container = pod["containers"][0]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@table(
    {
        "a service without GPUs asks for none": (a_service(), {}, None, None),
        "a service with GPUs tolerates their taint": (
            a_service().with_gpus(1),
            {"nvidia.com/gpu": "1"},
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
            None,
        ),
        "a type of GPU selects nodes by the label of the settings": (
            a_service().with_gpus(4, "A100"),
            {"nvidia.com/gpu": "4"},
            [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
            {"example.com/gpu": "A100"},
        ),
    }
)
def test_gpus(case: tuple[AService, Json, list[Json] | None, Json | None]) -> None:
    service, limits, tolerations, selector = case

    job = job_of(service, gpu_type_label="example.com/gpu")

    pod = job["spec"]["template"]["spec"]
    assert container_of(job)["resources"].get("limits", {}) == limits
    assert pod.get("tolerations") == tolerations
    assert pod.get("nodeSelector") == selector


@pytest.mark.parametrize(("grace", "whole"), [(0.0, 0), (30.0, 30), (2.6, 3)])
def test_the_pod_has_time_to_clean_up_and_to_store_its_log(grace: float, whole: int) -> None:
    job = build_job(a_run(), a_service().spec, 1, a_ticket(cancel_grace=grace), JobSettings())

    seconds = job["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert seconds == whole + UPLOAD_SECONDS


def test_a_finished_job_that_nobody_removed_goes_after_a_while() -> None:
    assert job_of(a_service(), ttl=60)["spec"]["ttlSecondsAfterFinished"] == 60


def task_container(**fields: Any) -> Json:
    return {"spec": {"containers": [{"name": "task", **fields}]}}


OVERLAYS: dict[str, Json] = {
    "labels that hide the pod": {
        "metadata": {"labels": {LABEL_MANAGED_BY: "me", LABEL_RUN: "x", LABEL_RUN_UID: "y"}}
    },
    "labels removed": {"metadata": {"labels": None}},
    "one label removed": {"metadata": {"labels": {LABEL_ATTEMPT: None}}},
    "metadata removed": {"metadata": None},
    "metadata that is none": {"metadata": "none"},
    "a restart policy": {"spec": {"restartPolicy": "OnFailure"}},
    "another ticket": task_container(env=[{"name": TICKET_VARIABLE, "value": "{}"}]),
    "a ticket from a secret": task_container(
        env=[{"name": TICKET_VARIABLE, "value": None, "valueFrom": {"secretKeyRef": {}}}]
    ),
    "a ticket twice": task_container(
        env=[{"name": TICKET_VARIABLE, "value": "1"}, {"name": TICKET_VARIABLE, "value": "2"}]
    ),
    "no variables at all": task_container(env=None),
    "containers removed": {"spec": {"containers": None}},
    "containers that are none": {"spec": {"containers": {"name": "task"}}},
    "a spec that is none": {"spec": 1},
}


@table(
    {
        "a container that is restarted": task_container(restartPolicy="Always"),
        "a container that is restarted after some exit codes": task_container(
            restartPolicy="Never",
            restartPolicyRules=[
                {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}
            ],
        ),
        "a report in another place": task_container(terminationMessagePath="/tmp/report"),
        "a report that is never read from the log": task_container(terminationMessagePolicy="File"),
    }
)
def test_no_overlay_restarts_the_task_or_loses_its_report(case: Json) -> None:
    """Its container would run a second time in the pod, and a task that went well be taken for a crash."""
    container = container_of(job_of(a_service().with_pod_template(case)))

    assert container == container_of(job_of(a_service()))


@table(OVERLAYS)
def test_no_overlay_hides_a_pod_or_loses_its_ticket(case: Json) -> None:
    job = job_of(a_service().with_pod_template(case))

    template = job["spec"]["template"]
    assert template["metadata"]["labels"] == job_of(a_service())["metadata"]["labels"]
    assert template["spec"]["restartPolicy"] == "Never"
    tickets = [v for v in container_of(job)["env"] if v["name"] == TICKET_VARIABLE]
    assert tickets == [{"name": TICKET_VARIABLE, "value": a_ticket().to_json()}]
    assert Ticket.from_json(tickets[0]["value"]) == a_ticket()


@table(
    {
        "containers that are no objects": {"spec": {"containers": ["task"]}},
        "a variable whose name is no text": task_container(env=[{"name": ["A"]}]),
    }
)
def test_an_overlay_of_another_form_is_refused_in_one_sentence(case: Json) -> None:
    with pytest.raises(ValueError, match="podTemplate is not of the form of a pod template"):
        job_of(a_service().with_pod_template(case))


def test_an_overlay_adds_labels_containers_and_variables_and_keeps_ours() -> None:
    template = task_container(env=[{"name": "A", "value": "1"}])
    template["metadata"] = {"labels": {"team": "nlp"}}
    template["spec"]["containers"].append({"name": "proxy", "image": "proxy:1"})

    job = job_of(a_service().with_pod_template(template))

    assert job["spec"]["template"]["metadata"]["labels"]["team"] == "nlp"
    assert container_of(job, "proxy") == {"name": "proxy", "image": "proxy:1"}
    assert container_of(job)["image"] == "registry.example/summarizer:1"
    assert [variable["name"] for variable in container_of(job)["env"]] == ["A", TICKET_VARIABLE]


def the_ticket(job: Json) -> Ticket:
    (text,) = [v["value"] for v in container_of(job)["env"] if v["name"] == TICKET_VARIABLE]
    return Ticket.from_json(text)


@table(
    {
        "the task alone": (0, 0, 4096),
        "one container beside it": (1, 0, 3072),
        "containers beside it and before it": (4, 4, 1117),
    }
)
def test_a_report_has_the_room_that_the_kubelet_leaves_for_each_container(
    case: tuple[int, int, int],
) -> None:
    """12 KiB for a pod, 4 at most for one container; two that nobody told of may come of a service mesh."""
    beside, before, room = case
    spec = {
        kind: [{"name": f"{kind}-{number}"} for number in range(count)]
        for kind, count in (("containers", beside), ("initContainers", before))
    }

    job = job_of(a_service().with_pod_template({"spec": spec}))

    assert the_ticket(job).max_report_bytes == room


LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@table(
    {
        "a name of letters": "summarize",
        "a name with inner underscores": "to_text_2",
        "the longest name": "a" * 63,
        "a name that begins with an underscore": "_warm_up",
        "a name that ends with an underscore": "import_",
        "a name of nothing but an underscore": "_",
    }
)
def test_every_task_name_makes_labels_that_kubernetes_takes(case: str) -> None:
    service = a_service().with_tasks(case)

    labels = job_of(service, a_run().calling(case))["metadata"]["labels"]

    assert [value for value in labels.values() if not LABEL_VALUE.fullmatch(value)] == []


@given(st.text("abcxyz09-", min_size=1, max_size=MAX_RUN_NAME), st.integers(1, 10**10))
def test_the_name_of_every_job_fits_a_label(name: str, number: int) -> None:
    job = job_of(a_service(), a_run().named(name), number)

    assert len(job["metadata"]["name"]) <= 63
