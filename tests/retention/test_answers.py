"""The gateway answers alike before and after a TaskRun is gone, and tells expired from unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from taskyard.api.names import new_run_name
from taskyard_operator.core.expiry import due_by
from taskyard_operator.core.listed import listed_key

from .place import Place, wait_until
from .process import Processes

NOW = datetime.now(UTC)
OLD_BENTOML = {"user-agent": "BentoML HTTP Client/1.4.3"}
NEW_BENTOML = {"user-agent": "BentoML HTTP Client/1.4.29"}
TOLD = ("content-type", "content-length", "etag", "content-disposition")


def submitted(http: httpx.Client, **request: Any) -> str:
    answer = http.post("/services/studio/echo/submit", **request)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def asked(http: httpx.Client, word: str, name: str, **options: Any) -> httpx.Response:
    method = {"cancel": "PUT", "retry": "POST"}.get(word, "GET")
    path = f"/services/studio/echo/{word}"
    return http.request(method, path, params={"task_id": name}, **options)


def told(answer: httpx.Response) -> Any:
    """All of an answer that is not of this very request."""
    body: Any = answer.content
    if answer.headers.get("content-type") == "application/json":
        body = {key: value for key, value in answer.json().items() if key != "requestId"}
        # Of an error the length is that of a body with a request's id in it.
        return answer.status_code, body
    return answer.status_code, body, [answer.headers.get(name) for name in TOLD]


def all_answers(http: httpx.Client, names: list[str]) -> dict[tuple[str, str, str], Any]:
    agents = {"ours": {}, "old": OLD_BENTOML, "new": NEW_BENTOML}
    return {
        (name, word, agent): told(asked(http, word, name, headers=headers))
        for name in names
        for word in ("status", "get", "cancel")
        for agent, headers in agents.items()
    }


def gone(place: Place, processes: Processes, *names: str) -> None:
    """A controller archives the runs and deletes their TaskRuns."""
    left = {f"taskrun.taskyard.dev/{name}" for name in names}
    with processes.controller(taskRunSeconds=1) as lives:
        wait_until(lambda: lives() and not left & place.runs())


def test_answers_stay_the_same_when_the_taskrun_is_gone(
    http: httpx.Client, place: Place, processes: Processes
) -> None:
    good, bad, cancelled, wrong = (submitted(http, json={}) for _ in range(4))
    place.succeed(good, b"gut", fileName="täst.txt", statusCode=201)
    place.end(bad, "Failed", reason="OutOfMemory", message="It took more than 4Gi.")
    place.end(cancelled, "Cancelled", reason="Cancelled")
    place.end(wrong, "Failed", reason="InvalidInput", message="No.")
    names = [good, bad, cancelled, wrong]
    before = all_answers(http, names)

    gone(place, processes, *names)

    assert all_answers(http, names) == before
    assert before[good, "get", "ours"][:2] == (201, b"gut")
    assert before[bad, "status", "new"][1]["status"] == "failed"


def test_a_run_can_be_retried_when_its_taskrun_is_gone(
    http: httpx.Client, place: Place, processes: Processes
) -> None:
    inline = submitted(http, json={"n": 1})
    stored = submitted(http, files={"file": ("a.bin", b"x" * 20_000)})
    before = {name: place.run(name)["spec"] for name in (inline, stored)}
    for name in before:
        place.end(name, "Failed", reason="TaskError")

    gone(place, processes, *before)

    for name, spec in before.items():
        answer = asked(http, "retry", name)
        assert answer.status_code == 200, answer.text
        again = place.run(answer.json()["task_id"])["spec"]
        assert again == {**spec, "retryOf": name}


def test_deletion_leaves_record_result_and_input_and_takes_the_job(
    http: httpx.Client, place: Place, processes: Processes
) -> None:
    name = submitted(http, files={"file": ("a.bin", b"x" * 20_000)})
    place.succeed(name, b"done")
    uid = place.run(name)["metadata"]["uid"]
    owner = {"apiVersion": "taskyard.dev/v1alpha1", "kind": "TaskRun", "name": name, "uid": uid}
    container = {"name": "task", "image": "none.example/none"}
    place.kubectl.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": f"{name}-1", "ownerReferences": [owner]},
            "spec": {
                "suspend": True,
                "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
            },
        },
        namespace=place.namespace,
    )

    gone(place, processes, name)

    wait_until(lambda: not place.exists("jobs", f"{name}-1"))
    here = f"{place.namespace}/{name}"
    objects = place.objects()
    assert {f"{here}/input", f"{here}/1/result", f"{here}/record"} <= objects
    (due,) = (due_by(key) for key in objects if key.startswith("_expiry/"))
    assert due
    assert due.entry
    assert due.run == name
    assert listed_key(place.namespace, due.entry) in objects


def test_another_service_knows_nothing_of_the_run(
    http: httpx.Client, place: Place, processes: Processes
) -> None:
    name = submitted(http, json={})
    place.succeed(name, b"done")

    gone(place, processes, name)

    answer = http.get("/services/workshop/echo/get", params={"task_id": name})
    assert answer.status_code == 404
    assert answer.json()["error"] == "task_id not found"


def test_an_unknown_id_is_404_and_an_expired_one_410_but_404_to_bentoml(http: httpx.Client) -> None:
    unknown, expired = new_run_name(NOW), new_run_name(NOW - timedelta(days=8))

    for word in ("status", "get", "retry", "cancel"):
        for name, status, reason in ((unknown, 404, "NotFound"), (expired, 410, "Expired")):
            answer = asked(http, word, name)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)
            assert answer.json()["task_id"] == name
        for agent in (OLD_BENTOML, NEW_BENTOML):
            assert asked(http, word, expired, headers=agent).status_code == 404


def test_what_is_no_longer_in_the_store_has_expired(http: httpx.Client, place: Place) -> None:
    name = submitted(http, files={"file": ("a.bin", b"x" * 20_000)})
    place.succeed(name, b"done")
    place.remove(f"{place.namespace}/{name}/1/result")
    place.remove(f"{place.namespace}/{name}/input")

    assert asked(http, "status", name).status_code == 200
    assert asked(http, "get", name).status_code == 410
    assert asked(http, "get", name, headers=NEW_BENTOML).status_code == 404
    assert asked(http, "retry", name).status_code == 410
