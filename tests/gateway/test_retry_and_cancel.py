"""Running a task again, and asking for its end."""

from __future__ import annotations

import json

import httpx
import pytest

from .bodies import FORM, Part, form
from .conftest import submitted
from .place import Place


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_retry_is_a_new_run_with_the_same_inline_input(
    http: httpx.Client, place: Place, task_id: str, method: str
) -> None:
    place.fail(task_id, "TaskError", "no")

    answer = http.request(method, "/echo/retry", params={"task_id": task_id})

    again = submitted(answer)
    assert answer.json() == {"task_id": again, "status": "pending"}
    assert again > task_id
    old, new = place.run(task_id), place.run(again)
    assert new["spec"] == {**old["spec"], "retryOf": task_id}
    assert new["metadata"]["labels"] == old["metadata"]["labels"]
    assert old["status"]["phase"] == "Failed"


def test_a_retry_has_the_same_stored_input(http: httpx.Client, place: Place) -> None:
    body = form(Part("document", b"x" * 50_000, "x.txt"))
    first = submitted(http.post("/convert/submit", content=body, headers={"content-type": FORM}))
    place.fail(first, "Disrupted", "the node went away")

    again = submitted(http.post("/convert/retry", params={"task_id": first}))

    source = place.run(again)["spec"]["input"]
    assert source == place.run(first)["spec"]["input"]
    assert place.stored(source["object"]["key"]) == body


def test_an_input_whose_time_is_over_is_not_used_again_though_its_taskrun_is_kept_for_longer(
    http: httpx.Client, place: Place
) -> None:
    """It may be deleted at any moment, and so from under the run that was to have it."""
    body = form(Part("document", b"x" * 50_000, "x.txt"))
    first = submitted(http.post("/convert/submit", content=body, headers={"content-type": FORM}))
    place.fail(first, "TaskError")
    record = {**place.run(first), "expiresAt": "2026-01-01T00:00:00Z"}
    place.store(f"{place.namespace}/{first}/record", json.dumps(record).encode())
    before = place.runs()

    answer = http.post("/convert/retry", params={"task_id": first})

    assert answer.status_code == 410
    assert f"task {first} has expired" in answer.text
    assert place.runs() == before


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "Cancelled"])
def test_any_run_that_has_ended_may_be_retried_and_the_new_one_is_not_cancelled(
    http: httpx.Client, place: Place, task_id: str, phase: str
) -> None:
    http.put("/echo/cancel", params={"task_id": task_id})
    place.write_status(task_id, phase=phase, attempt=1)

    again = submitted(http.post("/echo/retry", params={"task_id": task_id}))

    assert "cancel" not in place.run(again)["spec"]
    assert "status" not in place.run(again)


def test_a_retry_of_a_retry_names_the_run_before_it(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.fail(task_id, "TaskError")
    second = submitted(http.post("/echo/retry", params={"task_id": task_id}))
    place.fail(second, "TaskError")

    third = submitted(http.post("/echo/retry", params={"task_id": second}))

    assert place.run(third)["spec"]["retryOf"] == second


@pytest.mark.parametrize("phase", ["Queued", "Starting", "Running"])
def test_a_run_that_has_not_ended_is_not_retried(
    http: httpx.Client, place: Place, task_id: str, phase: str
) -> None:
    place.write_status(task_id, phase=phase)
    before = place.runs()

    answer = http.post("/echo/retry", params={"task_id": task_id})

    assert answer.status_code == 400
    assert answer.json()["reason"] == "NotReady"
    assert answer.json()["error"] == f"task {task_id} is not completed yet"
    assert place.runs() == before


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_cancel_is_asked_of_the_controller_and_asking_again_changes_nothing(
    http: httpx.Client, place: Place, task_id: str, method: str
) -> None:
    place.write_status(task_id, phase="Running", attempt=1)

    first = http.request(method, "/echo/cancel", params={"task_id": task_id})
    after_first = place.run(task_id)
    second = http.request(method, "/echo/cancel", params={"task_id": task_id})

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json() == {"task_id": task_id, "status": "in_progress"}
    assert after_first["spec"]["cancel"] is True
    assert place.run(task_id) == after_first


@pytest.mark.parametrize(
    ("phase", "word"),
    [("Succeeded", "success"), ("Failed", "failure"), ("Cancelled", "cancelled")],
)
def test_a_run_that_has_ended_stays_as_it_is_when_it_is_cancelled(
    http: httpx.Client, place: Place, task_id: str, phase: str, word: str
) -> None:
    place.write_status(task_id, phase=phase, attempt=1)
    before = place.run(task_id)

    answer = http.put("/echo/cancel", params={"task_id": task_id})

    assert (answer.status_code, answer.json()) == (200, {"task_id": task_id, "status": word})
    assert place.run(task_id) == before
