"""What a task says while it runs is told as it comes, and in the same words ever after."""

from __future__ import annotations

from tests.conformance.backends import Backend
from tests.conformance.task import end_of
from tests.conformance.test_retries import TWICE
from tests.gateway.v1.story import Heard


def test_a_running_task_tells_its_progress(backend: Backend) -> None:
    task = backend.submit("count", {"seconds": 8, "interval": 0.2})

    *told, end = task.events("progress")

    fractions = [event.data["fraction"] for event in told]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] == 39 / 40
    assert told[-1].data["message"] == "step 39"
    assert end_of(end.data) == ("Succeeded", None)


def test_what_a_task_gives_away_before_its_end_is_told_in_order_and_kept(backend: Backend) -> None:
    task = backend.submit("spell", {"word": "yard"})

    *told, end = task.events("output")

    assert [(event.data["index"], event.data["value"]) for event in told] == [*enumerate("yard")]
    assert end_of(end.data) == ("Succeeded", None)
    kept = task.ask("GET", "/outputs").json()["items"]
    assert kept == [event.data for event in told]
    assert task.result().json() is None


def test_a_log_is_followed_to_its_end(backend: Backend) -> None:
    task = backend.submit("hold", {"seconds": 3})

    followed = task.log(follow="true")

    assert followed == "begun\n"
    assert task.ended()["phase"] == "Succeeded"
    assert task.log() == followed


def test_all_that_became_of_a_task_is_told_in_its_order_from_any_place_on(backend: Backend) -> None:
    task = backend.submit("stumble", {"failures": 1}, service=TWICE)

    live = list(task.events())
    told = list(task.events())

    assert steps(told) == [
        ("phase", "Running", 1), ("log", None, 1), ("phase", "Running", 2), ("log", None, 2),
        ("phase", "Succeeded", 2), ("end", "Succeeded", 2),
    ]  # fmt: skip
    assert steps(live) == steps(told)
    assert live[-1].data == told[-1].data == task.document()
    assert list(task.events(after=told[2].id)) == told[3:]
    last = {"Last-Event-ID": told[-1].id}
    assert task.ask("GET", "/events", headers=last).status_code == 204
    assert task.log(attempt=1).startswith("this is attempt 1\n")
    assert task.log(attempt=2, tail=1) == "this is attempt 2\n"


def steps(events: list[Heard]) -> list[tuple[str, str | None, int]]:
    """What was told of each attempt that ran, in order; a log may come in any number of pieces."""
    told = [(event.name, event.data.get("phase"), event.data["attempt"]) for event in events]
    return [*dict.fromkeys(step for step in told if step[1] not in ("Queued", "Starting"))]
