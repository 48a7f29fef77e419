"""The clients follow tasks: events, logs and attempts, from the gateway's own API."""

from __future__ import annotations

import threading

import pytest

import taskyard

from .place import Place
from .process import Gateway
from .v1.story import Story


def test_a_task_is_followed_to_its_end(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.echo.submit(1)
    story = Story(place, task.id)

    events = task.events()
    queued = next(events)
    assert queued.status is not None
    assert (queued.kind, queued.status.phase) == ("phase", "Queued")
    story.run()
    assert next(events).status == "in_progress"
    story.progress(1, 0.25)
    assert next(events).progress == taskyard.Progress(0.25, "at 0.25")
    story.emit(0, ["draft"])
    assert next(events).value == ["draft"]
    story.log("Hello")
    log = next(events)
    assert (log.kind, log.attempt, log.text) == ("log", 1, "Hello")
    story.succeed()
    *_, end = events
    assert end.status is not None
    assert (end.kind, end.status.task_id, end.status.value) == ("end", task.id, "success")
    assert [event.kind for event in task.events(after=log.id, only=["phase"])] == ["phase", "end"]
    assert list(task.events(after=end.id)) == []


def test_logs_are_read_and_followed(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.echo.submit(1)
    story = Story(place, task.id)
    story.run()
    story.log("one\ntwo\n")
    story.lose()
    story.run()
    story.log("three\n")
    lines: list[str] = []
    follower = threading.Thread(target=lambda: lines.extend(task.logs(follow=True)))
    follower.start()
    assert task.logs() == "three\n"
    assert task.logs(attempt=1, tail=1) == "two\n"
    story.log("four")
    story.succeed()
    follower.join()

    assert lines == ["one", "two", "three", "four"]
    assert list(task.logs(follow=True, attempt=1)) == ["one", "two"]


def test_attempts_and_progress_are_told(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.echo.submit(1)
    story = Story(place, task.id)
    assert not task.attempts
    assert task.progress is None
    story.run()
    story.lose()
    story.run()
    story.progress(1, 0.5)

    first, second = task.attempts
    assert (first.number, first.reason) == (1, "Disrupted")
    assert first.finished_at is not None
    assert (second.number, second.reason, second.finished_at) == (2, "", None)
    assert task.progress == taskyard.Progress(0.5, "at 0.5")


def test_a_task_is_found_by_its_id_alone(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.hear.submit(b"x")
    place.succeed(task.id, b"\x00", "application/octet-stream")

    found = client.task(task.id)

    assert found == task
    assert found.result(timeout=30) == b"\x00"
    with pytest.raises(taskyard.NotFound):
        client.task("0" * 32)


def test_a_task_of_another_service_is_not_found(gateway: Gateway) -> None:
    with (
        taskyard.SyncHTTPClient(f"{gateway.url}/services/workshop") as workshop,
        taskyard.SyncHTTPClient(gateway.url) as studio,
    ):
        task = workshop.paint.submit("red")

        with pytest.raises(taskyard.NotFound, match="of the service 'workshop'") as caught:
            studio.task(task.id)
        assert caught.value.task_id == task.id


def test_cancel_comes_back_when_the_task_has_stopped(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    task = client.echo.submit(1)
    canceller = threading.Thread(target=lambda: task.cancel(wait=True))
    canceller.start()
    canceller.join(0.2)
    assert canceller.is_alive()
    place.write_status(task.id, phase="Cancelled", reason="Cancelled")
    canceller.join()

    assert task.get_status() == "cancelled"
    with pytest.raises(taskyard.TaskFailed, match="was cancelled"):
        task.result()


async def test_the_asynchronous_client_does_all_of_it(gateway: Gateway, place: Place) -> None:
    async with taskyard.AsyncHTTPClient(gateway.url) as client:
        task = await client.echo.submit(1)
        story = Story(place, task.id)
        assert not await task.attempts
        story.run()
        story.log("Hello\n")
        assert await task.logs() == "Hello\n"
        events = task.events(only=["log"])
        assert (await anext(events)).text == "Hello\n"
        place.succeed(task.id, b"[1]")
        assert [event.kind async for event in events] == ["end"]
        assert [line async for line in task.logs(follow=True)] == ["Hello"]

        found = await client.task(task.id)
        assert await found == [1]
        assert await found.progress is None
