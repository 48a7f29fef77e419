"""What the API server refuses of a TaskService."""

import httpx

from tests.api.constraints.manifests import Json, a_service, created, with_task
from tests.core.tables import table

REFUSED = {
    "an unknown field of a service": (a_service(images="x"), 'unknown field "spec.images"'),
    "an unknown field of a task": (with_task(methods="x"), 'unknown field "spec.tasks[0].methods"'),
    "a service of too long a name": (a_service("a" * 64), "at most 63 characters"),
    "a service without an image": (a_service(image=None), "spec.image: Required value"),
    "a service with an empty image": (a_service(image=""), "spec.image"),
    "a service without an entrypoint": (a_service(entrypoint=None), "entrypoint: Required value"),
    "an entrypoint without a class": (
        a_service(entrypoint="mod"),
        "spec.entrypoint: Invalid value",
    ),
    "an entrypoint that is a path": (
        a_service(entrypoint="a/b.py:C"),
        "spec.entrypoint: Invalid value",
    ),
    "a service without tasks": (a_service(tasks=None), "spec.tasks: Required value"),
    "a service with no tasks": (a_service(tasks=[]), "spec.tasks"),
    "a service with 65 tasks": (
        a_service(tasks=[{"name": f"t{n}"} for n in range(65)]),
        "spec.tasks: Too many",
    ),
    "two tasks of one name": (a_service(tasks=[{"name": "t"}] * 2), "Duplicate value"),
    "a task without a name": (a_service(tasks=[{}]), "tasks[0].name: Required value"),
    "a route without its slash": (with_task(route="t"), "tasks[0].route: Invalid value"),
    "a route with a query": (with_task(route="/t?a"), "tasks[0].route: Invalid value"),
    "a route of all": (with_task(route="/"), "tasks[0].route: Invalid value"),
    "a description too long": (with_task(description="d" * 1025), "description: Too long"),
    "an amount that is a list": (a_service(resources={"limits": {"cpu": []}}), "limits.cpu"),
    "no GPU asked for as one": (a_service(gpu={"count": 0}), "gpu.count: Invalid value"),
    "GPUs without a count": (a_service(gpu={"type": "A100"}), "gpu.count: Required value"),
    "more GPUs than any machine has": (a_service(gpu={"count": 65}), "gpu.count: Invalid value"),
    "a queue that admits none": (a_service(queue={"maxConcurrent": 0}), "queue.maxConcurrent"),
    "a pod template that is none": (a_service(podTemplate="x"), "spec.podTemplate: Invalid value"),
    "less than no retries": (a_service(retries={"limit": -1}), "retries.limit: Invalid value"),
    "too many retries": (a_service(retries={"disruptions": 101}), "retries.disruptions"),
    "a back-off that shrinks": (
        a_service(retries={"backoff": {"factor": 0.5}}),
        "backoff.factor: Invalid value",
    ),
    "more memory without a limit": (
        a_service(retries={"outOfMemory": {"factor": 2}}),
        "outOfMemory.max: Required value",
    ),
    "a retention of no time": (a_service(retention={"result": 0}), "retention.result"),
    "a callback to no web address": (
        a_service(callback={"url": "example"}),
        "spec.callback.url: Invalid value",
    ),
    "a grace without an end": (a_service(cancelGrace=3601), "spec.cancelGrace: Invalid value"),
}


@table(REFUSED)
def test_refused(api_server: httpx.Client, place: str, case: tuple[Json, str]) -> None:
    manifest, why = case

    assert why in created(api_server, place, manifest)
