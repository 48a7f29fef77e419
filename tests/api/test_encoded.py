"""Jobs and Pods of a real API server: what is read of them as protobuf is what JSON says of them."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from taskyard.api.names import CONTAINER, LABEL_ATTEMPT, LABEL_RUN, LABEL_RUN_UID
from taskyard_operator.core.observation import observe
from taskyard_operator.kube.answers import Json
from taskyard_operator.kube.api import KubeApi
from taskyard_operator.kube.paths import job_path, pod_path
from taskyard_operator.ports import PortError
from tests.cluster.kubectl import Kubectl
from tests.core.tables import table

BEGAN, ENDED = "2026-11-26T10:00:00Z", "2026-11-26T10:00:09Z"
NEVER = None
SPEC: Json = {
    "restartPolicy": "Never",
    "schedulerName": "nobody",
    "containers": [
        {"name": CONTAINER, "image": "none", "env": [{"name": "LONG", "value": "é" * 50_000}]},
        {"name": "beside", "image": "none"},
    ],
    "initContainers": [{"name": "before", "image": "none"}],
}
REPORT = json.dumps({"outcome": "Succeeded", "message": "é" * 1000}, ensure_ascii=False)


def terminated(exit_code: int, **more: Any) -> Json:
    return {"terminated": {"exitCode": exit_code, "startedAt": BEGAN, "finishedAt": ENDED} | more}


def status(name: str, state: Json) -> Json:
    return {
        "name": name, "state": state, "lastState": terminated(3), "image": f"{name}:1",
        "imageID": "", "ready": False, "restartCount": 200,
    }  # fmt: skip


def of_task(state: Json, phase: str = "Pending") -> Json:
    return {"phase": phase, "containerStatuses": [status("beside", {}), status(CONTAINER, state)]}


def said(kind: str, value: str, **more: str) -> Json:
    return {"type": kind, "status": value, "lastTransitionTime": BEGAN} | more


PODS: dict[str, Json] = {
    "that nobody has looked at": {},
    "that no node can take": {"conditions": [said("PodScheduled", "False", reason="Unschedulable",
                                                  message="0/20 nodes are free")]},
    "whose image cannot be pulled": of_task({"waiting": {"reason": "ErrImagePull",
                                                         "message": "no such image"}}),
    "whose container waits without a word": of_task({"waiting": {}}),
    "that runs": of_task({"running": {"startedAt": BEGAN}}, "Running") | {"startTime": BEGAN},
    "that has succeeded": of_task(terminated(0, reason="Completed", message=REPORT), "Succeeded"),
    "that was killed": of_task(terminated(137, reason="OOMKilled", signal=9), "Failed"),
    "that ended with a code below nought": of_task(terminated(-1, message="trace\n"), "Failed"),
    "that never started": of_task(terminated(128, reason="StartError", startedAt=NEVER,
                                             finishedAt=NEVER), "Failed"),
    "of 1970": of_task(terminated(128, startedAt="1970-01-01T00:00:00Z"), "Failed"),
    "whose init container failed": {
        "phase": "Failed",
        "initContainerStatuses": [status("before", terminated(2))],
        "containerStatuses": [status(CONTAINER, {"waiting": {"reason": "PodInitializing"}})],
    },
    "that was evicted": {"phase": "Failed", "reason": "Evicted", "message": "the node is low on memory",
                         "conditions": [said("DisruptionTarget", "True", reason="TerminationByKubelet",
                                             message="the kubelet ended it")]},
}  # fmt: skip

JOBS: dict[str, tuple[bool, Json]] = {
    "that nobody has looked at": (False, {}),
    "that is suspended": (True, {"conditions": [said("Suspended", "True", reason="JobSuspended",
                                                     message="Job suspended")]}),
    "that runs": (False, {"startTime": BEGAN, "active": 1, "ready": 0}),
    "that has succeeded": (False, {"startTime": BEGAN, "completionTime": ENDED, "succeeded": 1,
                                   "conditions": [said("SuccessCriteriaMet", "True"),
                                                  said("Complete", "True")]}),
    "that has failed": (False, {"startTime": BEGAN, "failed": 1,
                                "conditions": [said("FailureTarget", "True"),
                                               said("Failed", "True", reason="BackoffLimitExceeded")]}),
}  # fmt: skip


@pytest.fixture
def nobody_minds(place: str, api: Kubectl) -> None:
    """Pods may be created: their namespace has its service account."""
    api("wait", "serviceaccount/default", "-n", place, "--for=create", "--timeout=30s")


def metadata(name: str) -> Json:
    labels = {LABEL_RUN: name, LABEL_RUN_UID: f"uid-of-{name}", LABEL_ATTEMPT: "1", "empty": ""}
    return {"generateName": "encoded-", "labels": labels, "annotations": {"long": "é" * 200}}


async def first_event(kube: KubeApi, path: str, after: Json) -> Json:
    """What the watch of a collection says first after this version of an object in it."""
    async with aclosing(kube.watch(path, after["metadata"]["resourceVersion"], 10)) as events:
        async for event in events:
            if event["type"] != "BOOKMARK":
                return event
    raise AssertionError("nothing was told")


def agrees(said: Any, read: Any) -> bool:
    """Whether all that was read is said in JSON as well."""
    if isinstance(read, dict):
        return all(name in said and agrees(said[name], part) for name, part in read.items())
    if isinstance(read, list):
        return len(said) == len(read) and all(map(agrees, said, read))
    return bool(said == read)


@pytest.mark.usefixtures("nobody_minds")
@table(PODS)
async def test_a_pod(kube: KubeApi, place: str, case: Json) -> None:
    path = pod_path(place)
    created = await kube.create(path, {"metadata": metadata("pod"), "spec": SPEC})

    own = pod_path(place, created["metadata"]["name"])
    said = await kube.patch(f"{own}/status", {"status": case | {"hostIP": "10.0.0.1"}})
    event = await first_event(kube, path, created)

    read = event["object"]
    assert event["type"] == "MODIFIED"
    assert agrees(said, read)
    assert observe(None, read) == observe(None, said)


@table(JOBS)
async def test_a_job(kube: KubeApi, place: str, case: tuple[bool, Json]) -> None:
    suspended, status = case
    path = job_path(place)
    spec = {"suspend": suspended, "managedBy": "taskyard.dev/test", "template": {"spec": SPEC}}
    created = await kube.create(path, {"metadata": metadata("job"), "spec": spec})

    own = job_path(place, created["metadata"]["name"])
    said = await kube.patch(f"{own}/status", {"status": status | {"terminating": 0}})
    event = await first_event(kube, path, created)

    read = event["object"]
    assert event["type"] == "MODIFIED"
    assert agrees(said, read)
    assert observe(read, None) == observe(said, None)


@pytest.mark.usefixtures("nobody_minds")
async def test_a_pod_of_a_node_that_is_being_deleted(kube: KubeApi, place: str) -> None:
    path = pod_path(place)
    on_a_node = SPEC | {"nodeName": "that-is-away"}
    created = await kube.create(path, {"metadata": metadata("late"), "spec": on_a_node})

    own = pod_path(place, created["metadata"]["name"])
    await kube.delete(own, "Background")
    event = await first_event(kube, path, created)

    said = await kube.get(own)
    attempt = observe(None, event["object"])
    assert agrees(said, event["object"])
    assert attempt == observe(None, said)
    assert attempt
    assert attempt.stopping
    assert attempt.gone_by
    assert attempt.node == "that-is-away"


async def test_the_last_of_a_job(kube: KubeApi, place: str) -> None:
    path = job_path(place)
    spec = {"managedBy": "taskyard.dev/test", "template": {"spec": SPEC}}
    created = await kube.create(path, {"metadata": metadata("last"), "spec": spec})

    await kube.delete(job_path(place, created["metadata"]["name"]), "Background")
    event = await first_event(kube, path, created)

    assert event["type"] == "DELETED"
    assert observe(event["object"], None) == observe(created, None)


async def test_an_error(kube: KubeApi, place: str) -> None:
    async with aclosing(kube.watch(job_path(place), "none", 5)) as events:
        with pytest.raises(PortError, match='resourceVersion: Invalid value: "none"'):
            await anext(events)
