"""How far a run is: in the words that the caller's client knows, and in Taskyard's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from .conftest import submitted
from .place import Place

PHASES = ("Queued", "Starting", "Running", "Succeeded", "Failed", "Cancelled")
OURS = ("pending", "pending", "in_progress", "success", "failure", "cancelled")
BENTOML = ("pending", "pending", "in_progress", "completed", "failed", "canceled")
OLD_BENTOML = ("in_progress", "in_progress", "in_progress", "success", "failure", "cancelled")

AGENTS = {
    "taskyard/0.1.0 python/3.11": OURS,
    "curl/8.5.0": OURS,
    "": OURS,
    "BentoML HTTP Client/1.4.40": BENTOML,
    "BentoML HTTP Client/1.4.14": BENTOML,
    "BentoML HTTP Client/2.0.0a1": BENTOML,
    "BentoML HTTP Client/1.5.0.dev3+g12": BENTOML,
    "BentoML HTTP Client/1.4.13": OLD_BENTOML,
    "BentoML HTTP Client/1.3.22": OLD_BENTOML,
}


@pytest.fixture(scope="module")
def run_in(http: httpx.Client, place: Place) -> dict[str, str]:
    """A run in each phase, by phase."""
    ids = {phase: submitted(http.post("/echo/submit", json={"value": phase})) for phase in PHASES}
    for phase in ("Queued", "Starting", "Running", "Cancelled"):
        place.write_status(ids[phase], phase=phase)
    place.succeed(ids["Succeeded"], b'"done"')
    place.fail(ids["Failed"], "TaskError", "ValueError: no")
    return ids


@pytest.mark.parametrize("agent", AGENTS)
def test_the_word_for_a_phase_is_one_that_the_client_knows(
    http: httpx.Client, run_in: dict[str, str], agent: str
) -> None:
    words = [
        http.get(
            "/echo/status", params={"task_id": run_in[phase]}, headers={"user-agent": agent}
        ).json()["status"]
        for phase in PHASES
    ]
    assert tuple(words) == AGENTS[agent]


@pytest.mark.parametrize("agent", ["BentoML HTTP Client/1.4.40", "BentoML HTTP Client/1.4.0"])
def test_the_answers_to_submit_and_cancel_use_these_words_too(
    http: httpx.Client, run_in: dict[str, str], agent: str
) -> None:
    headers = {"user-agent": agent}
    words = dict(zip(PHASES, AGENTS.get(agent, OLD_BENTOML), strict=True))

    accepted = http.post("/echo/submit", json={"value": 1}, headers=headers).json()
    assert accepted["status"] == words["Queued"]
    for phase in ("Succeeded", "Failed", "Cancelled"):
        answer = http.put("/echo/cancel", params={"task_id": run_in[phase]}, headers=headers)
        assert answer.json() == {"task_id": run_in[phase], "status": words[phase]}


def test_a_new_run_has_a_status_before_anybody_has_looked_at_it(
    http: httpx.Client, task_id: str
) -> None:
    status = _status(http, task_id)

    created = datetime.strptime(status.pop("created_at"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
    assert status == {
        "task_id": task_id,
        "status": "pending",
        "phase": "Queued",
        "reason": None,
        "message": None,
        "attempt": None,
        "executed_at": None,
        "finished_at": None,
        "progress": None,
    }


def test_what_is_waited_for_is_told_in_a_sentence(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    message = "No node has a free GPU of type A100."
    place.write_status(
        task_id, phase="Starting", reason="Unschedulable", message=message, attempt=1
    )

    status = _status(http, task_id)

    assert (status["phase"], status["reason"]) == ("Starting", "Unschedulable")
    assert (status["message"], status["attempt"]) == (message, 1)


def test_times_are_told_when_they_are_known(http: httpx.Client, place: Place, task_id: str) -> None:
    times = {"startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:05:06Z"}
    place.write_status(task_id, phase="Failed", reason="TaskError", **times)

    status = _status(http, task_id)

    assert status["executed_at"] == "2026-01-02T03:04:05Z"
    assert status["finished_at"] == "2026-01-02T03:05:06Z"


def test_progress_is_told_while_the_task_runs_and_no_longer(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.store(
        f"{place.namespace}/{task_id}/1/progress",
        json.dumps({"fraction": 0.4, "message": "step 4 of 10"}).encode(),
    )
    told = []
    for phase in ("Starting", "Running", "Cancelled"):
        place.write_status(task_id, phase=phase, attempt=1)
        told.append(_status(http, task_id)["progress"])

    assert told == [None, {"fraction": 0.4, "message": "step 4 of 10"}, None]


def test_progress_is_that_of_the_latest_attempt(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.store(f"{place.namespace}/{task_id}/1/progress", b'{"fraction": 0.9}')
    place.write_status(task_id, phase="Running", attempt=2)
    assert _status(http, task_id)["progress"] is None

    place.store(f"{place.namespace}/{task_id}/2/progress", b'{"fraction": 0.1}')
    assert _status(http, task_id)["progress"] == {"fraction": 0.1, "message": None}


def test_progress_is_the_last_line_of_what_was_said_however_long_that_is(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.write_status(task_id, phase="Running", attempt=1, progress={"fraction": 0.5})
    lines = [json.dumps({"fraction": step / 10_000, "message": "…"}) for step in range(10_000)]
    place.store(f"{place.namespace}/{task_id}/1/progress", "\n".join(lines).encode())

    assert _status(http, task_id)["progress"] == {"fraction": 0.9999, "message": "…"}


def test_progress_that_cannot_be_read_is_what_the_controller_has_read_of_it(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    place.write_status(task_id, phase="Running", attempt=1, progress={"fraction": 0.5})

    assert _status(http, task_id)["progress"] == {"fraction": 0.5, "message": None}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"oops",
        b"[1]",
        b'{"fraction": NaN}',
        b'{"fraction": 1e999}',
        b'{"fraction": 7}',
        b'{"fraction": "all"}',
        b'{"message": {"a": 1}}',
        b'{"message": "\xff"}',
        b'{"message": "' + b"x" * 10_000 + b'"}',
        b"[" * 4096,
    ],
    ids=lambda said: said[:20].decode("latin-1"),
)
def test_a_status_never_fails_for_what_a_task_says_of_itself(
    http: httpx.Client, place: Place, task_id: str, said: bytes
) -> None:
    place.write_status(task_id, phase="Running", attempt=1)
    place.store(f"{place.namespace}/{task_id}/1/progress", said)

    status = _status(http, task_id)

    assert status["status"] == "in_progress"
    assert status["progress"] is None


def test_a_service_tells_nothing_of_the_runs_of_another(
    http: httpx.Client, place: Place, task_id: str
) -> None:
    for verb, method in [("status", "GET"), ("get", "GET"), ("retry", "POST"), ("cancel", "PUT")]:
        answer = http.request(
            method, f"/services/workshop/paint/{verb}", params={"task_id": task_id}
        )
        assert answer.status_code == 404
        assert answer.json()["error"] == "task_id not found"
    assert "cancel" not in place.run(task_id)["spec"]


def test_a_run_is_found_at_the_route_of_any_task_of_its_service(
    http: httpx.Client, task_id: str
) -> None:
    for path in ("/paint", "/services/studio/v1/story/tell"):
        answer = http.get(f"{path}/status", params={"task_id": task_id})
        assert answer.json()["task_id"] == task_id


def test_a_run_that_kubectl_made_is_served_like_any_other(http: httpx.Client, place: Place) -> None:
    run = {
        "apiVersion": "taskyard.dev/v1alpha1",
        "kind": "TaskRun",
        "metadata": {"name": "by-hand.1"},
        "spec": {"service": "studio", "task": "echo", "input": {"inline": {"value": 1}}},
    }
    place.kubectl.apply(run, namespace=place.namespace)

    assert _status(http, "by-hand.1")["status"] == "pending"


def _status(http: httpx.Client, task_id: str) -> dict[str, Any]:
    answer = http.get("/echo/status", params={"task_id": task_id})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
