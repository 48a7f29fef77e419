"""The document of a task: all keys are always there, and what its caller may not set is not shown."""

from __future__ import annotations

import json

import pytest

from taskyard.api.reasons import Phase
from taskyard_operator.core.admission import position_told
from taskyard_operator.core.document import is_reserved, own_labels, task_document
from taskyard_operator.core.reconcile import reconcile
from taskyard_operator.core.webhook import webhook_of

from .builders import CALLBACK_URL, NOW, ARun, a_delivery, a_run, a_service, an_attempt
from .test_admission import TURN


def finished() -> ARun:
    """A run that went well, by one attempt."""
    run = a_run().in_phase(Phase.RUNNING)
    plan = reconcile(run, a_service(), [an_attempt().succeeded()], NOW, live=True)
    assert plan.status
    return run.saying(plan.status)


def test_a_run_that_nobody_has_looked_at_has_all_keys() -> None:
    fresh, done = task_document(a_run()), task_document(finished())

    assert fresh.keys() == done.keys()
    assert (fresh["phase"], fresh["result"], fresh["attempts"]) == ("Queued", None, [])
    assert (fresh["position"], fresh["callback"], fresh["resourcesReleased"]) == (None, None, False)


def test_a_run_that_went_well_tells_its_attempt_and_its_result() -> None:
    told = task_document(finished())

    assert told["phase"] == "Succeeded"
    assert [(each["number"], each["exitCode"]) for each in told["attempts"]] == [(1, 0)]
    assert (told["result"]["size"], told["result"]["contentType"]) == (12, "application/json")
    assert told["resourcesReleased"] is True
    assert told["timings"]["runSeconds"] > 0


@pytest.mark.parametrize(
    ("phase", "message", "position"),
    [
        pytest.param(Phase.QUEUED, TURN.message, 3, id="one that stands in line"),
        pytest.param(Phase.QUEUED, "number 3 in line, I guess", None, id="other words"),
        pytest.param(Phase.RUNNING, TURN.message, None, id="one that runs"),
    ],
)
def test_the_position_is_that_of(phase: Phase, message: str, position: int | None) -> None:
    assert position_told(TURN.message) == TURN.position
    assert task_document(a_run().in_phase(phase, message=message))["position"] == position


@pytest.mark.parametrize(
    ("label", "ours"),
    [
        ("taskyard.dev/run", True),
        ("internal.taskyard.dev/x", True),
        ("taskyard.dev", False),
        ("nottaskyard.dev/x", False),
        ("team", False),
    ],
)
def test_a_label_of_our_domain_is_ours(label: str, ours: bool) -> None:
    assert is_reserved(label) is ours
    metadata = a_run().metadata.model_copy(update={"labels": {label: "x"}})
    assert (own_labels(a_run().model_copy(update={"metadata": metadata})) == {}) is ours


def test_a_callback_is_told_of_as_it_was_asked_for_until_something_is_owed() -> None:
    asking = a_run().with_callback(Phase.RUNNING)
    owing = a_run().owing(a_delivery())

    assert task_document(asking)["callback"] == {
        "url": CALLBACK_URL, "states": ["Running"], "deliveries": [],
    }  # fmt: skip
    told = task_document(owing)["callback"]
    assert (told["url"], told["states"]) == (CALLBACK_URL, None)
    assert [each["phase"] for each in told["deliveries"]] == [str(a_delivery().phase)]


def test_a_webhook_has_the_document_and_the_same_id_for_the_same_phase() -> None:
    first = webhook_of(finished(), CALLBACK_URL, a_delivery())
    again = webhook_of(finished(), CALLBACK_URL, a_delivery(attempts=3))

    body = json.loads(first.body)
    assert first.id == again.id
    assert body["type"] == f"task.{str(a_delivery().phase).lower()}"
    assert body["data"] == json.loads(json.dumps(task_document(finished()), default=str))
