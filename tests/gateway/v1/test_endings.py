"""Cancel, retry, delete."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.bodies import FORM, Part, form
from tests.gateway.place import Place

from .archive import archived, left_of
from .making import CONVERT, ECHO, accepted, refused
from .story import Story

DOCUMENT = form(Part("document", b"x" * 20_000, "x.txt"))


def test_a_cancel_is_told_at_once_and_asking_again_changes_nothing(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    first = http.post(f"/v1/tasks/{task_id}/cancel")
    after_first = place.run(task_id)
    second = http.post(f"/v1/tasks/{task_id}/cancel")

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.json()["cancelRequested"] is True
    assert after_first["spec"]["cancel"] is True
    assert place.run(task_id) == after_first


def test_what_has_ended_stays_as_it_is_when_it_is_cancelled(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    story = Story(place, task_id)
    story.run()
    story.succeed()
    answers = [http.post(f"/v1/tasks/{task_id}/cancel")]
    story.be_deleted(recorded=True)
    answers.append(http.post(f"/v1/tasks/{task_id}/cancel"))

    for answer in answers:
        assert answer.status_code == 200
        assert (answer.json()["phase"], answer.json()["cancelRequested"]) == ("Succeeded", False)


def test_a_retry_is_a_new_task_with_the_same_arguments_and_options(
    http: httpx.Client, place: Place
) -> None:
    query: dict[str, Any] = {"priority": 5, "label": "team=vision", "runDeadline": 60}
    first = http.post(ECHO, json={"value": 1}, params=query)
    place.fail(accepted(first), "TaskError")

    answer = http.post(f"/v1/tasks/{first.json()['id']}/retry")

    again = accepted(answer)
    for name in ("service", "task", "labels", "priority", "deadlines"):
        assert answer.json()[name] == first.json()[name]
    assert answer.json()["retryOf"] == first.json()["id"]
    assert place.run(again)["spec"]["input"] == {"inline": {"value": 1}}


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/retry", "is not completed yet"),
        ("GET", "/result", "is not completed yet"),
        ("DELETE", "", "cancel it first"),
    ],
)
def test_what_needs_an_end_is_refused_before_it(
    http: httpx.Client, place: Place, task_id: str, method: str, path: str, told: str
) -> None:
    place.write_status(task_id, phase="Running", attempt=1)

    answer = http.request(method, f"/v1/tasks/{task_id}{path}")

    error = refused(answer, 409, "NotReady")
    assert (error["taskId"], error["phase"]) == (task_id, "Running")
    assert told in error["message"]
    assert place.run(task_id)["status"]["phase"] == "Running"


def test_a_deleted_task_leaves_nothing(http: httpx.Client, place: Place) -> None:
    task_id = accepted(http.post(CONVERT, content=DOCUMENT, headers={"content-type": FORM}))
    place.succeed(task_id, b"1")
    place.store(f"{place.namespace}/{task_id}/1/log", b"log")
    archived(place, task_id, released=True)
    assert len(left_of(place, task_id)) == 7

    answer = http.delete(f"/v1/tasks/{task_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert left_of(place, task_id) == []
    for method, path in [("GET", ""), ("GET", "/result"), ("POST", "/retry"), ("DELETE", "")]:
        answer = http.request(method, f"/v1/tasks/{task_id}{path}")
        refused(answer, 404, "NotFound")


def test_of_a_task_whose_task_run_is_gone_the_record_and_the_data_are_deleted(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.succeed(task_id, b"1")
    archived(place, task_id, released=True)
    place.kubectl("delete", "taskruns.taskyard.dev", task_id, "-n", place.namespace)
    assert http.get(f"/v1/tasks/{task_id}").status_code == 200

    assert http.delete(f"/v1/tasks/{task_id}").status_code == 204
    assert left_of(place, task_id) == []


def test_what_a_pod_may_still_store_is_found_in_its_hour(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.fail(task_id, "Disrupted")
    marker = archived(place, task_id)

    assert http.delete(f"/v1/tasks/{task_id}").status_code == 204
    assert left_of(place, task_id) == [marker]


def test_an_input_that_a_retry_uses_stays_until_the_retry_goes(
    http: httpx.Client, place: Place
) -> None:
    headers = {"content-type": FORM}
    first = accepted(http.post(CONVERT, content=DOCUMENT, headers=headers))
    place.succeed(first, b"1")
    archived(place, first, released=True)
    again = accepted(http.post(f"/v1/tasks/{first}/retry"))

    assert http.delete(f"/v1/tasks/{first}").status_code == 204

    source = place.run(again)["spec"]["input"]["object"]["key"]
    assert place.stored(source) == DOCUMENT
    assert left_of(place, first) == [source]
