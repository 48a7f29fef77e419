"""A pod that cannot start says what it waits for, and the run ends with the reason for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from taskyard.api.names import CONTAINER
from tests.chaos.cases import WITHOUT_RUNNER, Case, planned
from tests.chaos.yard import LICENCE, Yard
from tests.cluster.layout import REGISTRY

ARGUMENTS = {"text": "x"}
CONFIG_VARIABLE = {
    "name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "modes", "key": "day"}},
}  # fmt: skip
SECRET_VARIABLE = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "api"}}}


def overlaid(**container: object) -> dict[str, object]:
    return {"podTemplate": {"spec": {"containers": [{"name": CONTAINER, **container}]}}}


unknown_tag = planned(
    "unknown-tag", "echo", arguments=ARGUMENTS, waits=True,
    service={"image": f"{REGISTRY}/trouble:never-pushed"},
)  # fmt: skip
malformed = planned(
    "malformed", "echo", arguments=ARGUMENTS, waits=True, service={"image": "No/Image:at all"}
)
secretive = planned(
    "secretive", "echo", arguments=ARGUMENTS, waits=True, deadlines={"start": 15},
    service=overlaid(env=[SECRET_VARIABLE]),
)  # fmt: skip
unconfigured = planned(
    "unconfigured", "echo", arguments=ARGUMENTS, waits=True, deadlines={"start": 15},
    service=overlaid(env=[CONFIG_VARIABLE]),
)  # fmt: skip
unmounted = planned(
    "unmounted", "echo", arguments=ARGUMENTS, waits=True, deadlines={"start": 8},
    service={"podTemplate": {"spec": {
        "volumes": [{"name": "modes", "configMap": {"name": "modes"}}],
        "containers": [
            {"name": CONTAINER, "volumeMounts": [{"name": "modes", "mountPath": "/modes"}]}
        ],
    }}},
)  # fmt: skip
uninitialized = planned(
    "uninitialized", "echo", arguments=ARGUMENTS, waits=True,
    service={"podTemplate": {"spec": {
        "initContainers": [{"name": "fetch", "image": "No/Image:at all"}],
    }}},
)  # fmt: skip
no_runner = planned(
    "no-runner", "echo", arguments=ARGUMENTS,
    service={"image": WITHOUT_RUNNER} | overlaid(securityContext={"runAsUser": 10001}),
)  # fmt: skip
no_quota = planned(
    "no-quota", "echo", arguments=ARGUMENTS, waits=True, deadlines={"start": 8},
    service={"resources": {"limits": {LICENCE: "1"}}},
)  # fmt: skip
refused_by_admission = planned(
    "refused-by-admission", "echo", arguments=ARGUMENTS, waits=True, deadlines={"start": 8},
    service={"queue": {"priorityClass": "nobody-made-it"}},
)  # fmt: skip
refused_by_the_api = planned(
    "refused-by-the-api", "echo", arguments=ARGUMENTS, waits=True, deadlines={"queue": 14},
    service={"podTemplate": {"spec": {"noSuchField": True}}},
)  # fmt: skip


def test_a_malformed_image_name_fails_at_once(yard: Yard) -> None:
    run = yard.ended(malformed)

    assert run.end == ("Failed", "ImageUnavailable")
    assert "InvalidImageName" in run.message
    said, _ = run.first_with(reason="ImageUnavailable")
    assert said - run.created < timedelta(seconds=10)


def test_an_image_without_the_runner_fails_to_load(yard: Yard) -> None:
    run = yard.ended(no_runner)

    assert run.end == ("Failed", "LoadFailed")
    assert "taskyard_runtime" in run.message
    assert b"No module named taskyard_runtime" in run.stored("log")
    assert run.attempts[0]["logStored"]


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        pytest.param(secretive, 'secret "keys" not found', id="a Secret"),
        pytest.param(unconfigured, 'configmap "modes" not found', id="a ConfigMap"),
        pytest.param(unmounted, "a volume names a ConfigMap", id="a volume"),
    ],
)
def test_a_pod_that_lacks_something_says_so_while_it_waits_and_when_it_is_too_late(
    yard: Yard, case: Case, missing: str
) -> None:
    run = yard.ended(case)

    assert run.end == ("Failed", "StartDeadlineExceeded")
    assert missing in run.message
    _, waiting = run.first_with(phase="Starting", reason="ContainerCreating")
    assert waiting["message"]


def test_an_init_container_whose_image_has_a_malformed_name_fails_the_run_at_once(
    yard: Yard,
) -> None:
    run = yard.ended(uninitialized)

    assert run.end == ("Failed", "ImageUnavailable")
    assert "No/Image:at all" in run.message


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(no_quota, id="a quota"),
        pytest.param(refused_by_admission, id="an admission plugin"),
    ],
)
def test_a_pod_that_is_refused_says_so_while_it_waits_and_when_it_is_too_late(
    yard: Yard, case: Case
) -> None:
    run = yard.ended(case)

    assert run.end == ("Failed", "StartDeadlineExceeded")
    assert "a quota or an admission policy of the namespace refuses it" in run.message
    _, waiting = run.first_with(phase="Starting", reason="ContainerCreating")
    assert "a quota or an admission policy" in waiting["message"]


def test_a_job_that_the_api_server_refuses_ends_on_time_with_its_queue_deadline(
    yard: Yard,
) -> None:
    run = yard.ended(refused_by_the_api)

    assert run.end == ("Failed", "QueueDeadlineExceeded")
    assert "noSuchField" in run.message
    said, _ = run.first_with(reason="QueueDeadlineExceeded")
    assert said - run.created < timedelta(seconds=14 + 2)


def test_an_unknown_tag_fails_after_its_patience_of_a_minute(yard: Yard) -> None:
    run = yard.ended(unknown_tag)

    assert run.end == ("Failed", "ImageUnavailable")
    assert f"{REGISTRY}/trouble:never-pushed" in run.message
    _, waiting = run.first_with(phase="Starting", reason="PullingImage")
    assert "cannot be pulled" in waiting["message"]
    said, _ = run.first_with(reason="ImageUnavailable")
    assert timedelta(seconds=58) < said - run.created < timedelta(seconds=70)
