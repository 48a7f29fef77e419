"""The clients of this repository against the gateway."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import PIL.Image
import pytest

import taskyard

from .bodies import picture
from .place import Place
from .process import Gateway


@pytest.fixture
async def async_client(gateway: Gateway) -> AsyncIterator[taskyard.AsyncHTTPClient]:
    """An asynchronous client of `studio`."""
    async with taskyard.AsyncHTTPClient(gateway.url) as client:
        yield client


def test_a_call_goes_from_its_submit_to_its_result(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    task = client.paint.submit("a hill", steps=3)
    assert place.run(task.id)["spec"]["input"] == {"inline": {"prompt": "a hill", "steps": 3}}
    assert task.get_status() == taskyard.ResultStatus.PENDING

    place.write_status(task.id, phase="Running", attempt=1)
    place.store(f"{place.namespace}/{task.id}/1/progress", b'{"fraction": 0.5, "message": "half"}')
    status = task.get_status()
    assert status == taskyard.ResultStatus.IN_PROGRESS
    assert status.progress is not None
    assert (status.progress.fraction, status.progress.message) == (0.5, "half")

    place.succeed(task.id, picture("PNG"), "image/png")
    assert task.wait(timeout=30) == taskyard.ResultStatus.SUCCESS
    image = task.get()
    assert isinstance(image, PIL.Image.Image)
    assert image.size == (64, 48)


def test_files_go_there_and_come_back(
    client: taskyard.SyncHTTPClient, place: Place, tmp_path: Path
) -> None:
    document = tmp_path / "Brief, ñeu.txt"
    document.write_bytes(b"Sehr geehrte" * 1000)

    task = client.convert.submit(document, cover=PIL.Image.open(io.BytesIO(picture("PNG"))))
    key = place.run(task.id)["spec"]["input"]["object"]["key"]
    assert document.read_bytes() in place.stored(key)

    place.succeed(task.id, b"%PDF", "application/pdf", fileName="Antwort, ü.pdf")
    result = task.get()
    assert isinstance(result, Path)
    assert result.read_bytes() == b"%PDF"
    assert result.suffix == ".pdf"


@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_lists_of_pictures_are_taken(
    client: taskyard.SyncHTTPClient, place: Place, pictures: int
) -> None:
    images = [PIL.Image.open(io.BytesIO(picture("PNG"))) for _ in range(pictures)]
    task = client.compare.submit(images, weights=[1.0, 0.5])
    assert place.run(task.id)["spec"]["task"] == "compare"


def test_bytes_and_values_without_loss(client: taskyard.SyncHTTPClient, place: Place) -> None:
    heard = client.hear.submit(b"\x00\xff")
    echoed = client.echo.submit({"big": 2**70, "whole": 1.0, "none": None})

    assert b"\x00\xff" in place.stored(f"{place.namespace}/{heard.id}/input")
    place.succeed(echoed.id, b"[1.0]")
    assert echoed.get() == [1.0]
    place.succeed(heard.id, b"\xff\x00", "application/octet-stream")
    assert heard.get() == b"\xff\x00"


def test_a_retry_is_another_task(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.echo.submit(1)
    with pytest.raises(taskyard.TaskNotFinished, match="is not completed yet"):
        task.retry()
    place.fail(task.id, "TaskError", "ValueError: no")

    again = task.retry()

    assert again.id != task.id
    assert place.run(again.id)["spec"]["retryOf"] == task.id
    assert again.get_status() == taskyard.ResultStatus.PENDING


def test_a_cancelled_task_tells_that_it_was(client: taskyard.SyncHTTPClient, place: Place) -> None:
    task = client.echo.submit(1)

    task.cancel()
    task.cancel()

    assert place.run(task.id)["spec"]["cancel"] is True
    place.write_status(task.id, phase="Cancelled", reason="Cancelled")
    assert task.wait(timeout=30) == taskyard.ResultStatus.CANCELLED
    with pytest.raises(taskyard.TaskFailed, match="was cancelled") as caught:
        task.get()
    assert (caught.value.reason, caught.value.task_id) == ("Cancelled", task.id)


def test_errors_come_in_their_own_classes(client: taskyard.SyncHTTPClient, place: Place) -> None:
    with pytest.raises(taskyard.InvalidArgument, match="steps: must be of type integer") as wrong:
        client.paint.submit("a hill", steps="many")
    assert [fault["loc"] for fault in wrong.value.detail] == [["steps"]]

    with pytest.raises(taskyard.NotFound, match="task_id not found"):
        client.echo.get_status("0" * 32)

    task = client.echo.submit(1)
    with pytest.raises(taskyard.TaskNotFinished):
        task.get()

    place.fail(task.id, "OutOfMemory", "it used more than 1Gi")
    assert task.get_status() == taskyard.ResultStatus.FAILURE
    with pytest.raises(taskyard.TaskFailed, match="it used more than 1Gi") as failed:
        task.get()
    assert (failed.value.reason, failed.value.task_id) == ("OutOfMemory", task.id)
    assert failed.value.request_id


def test_the_gone_result_of_a_task_is_told_to_have_expired(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    task = client.echo.submit(1)
    place.succeed(task.id, b"1")
    place.remove(f"{place.namespace}/{task.id}/1/result")

    with pytest.raises(taskyard.NotFound, match="has expired"):
        task.get()


def test_a_task_that_the_service_does_not_have_is_said_to_be_missing(
    client: taskyard.SyncHTTPClient,
) -> None:
    with pytest.raises(AttributeError, match="compare, convert, describe"):
        client.sing("la")


async def test_the_asynchronous_client_does_all_of_it(
    async_client: taskyard.AsyncHTTPClient, place: Place
) -> None:
    task = await async_client.describe.submit(picture=PIL.Image.open(io.BytesIO(picture("JPEG"))))
    assert (await task.get_status()) == taskyard.ResultStatus.PENDING
    with pytest.raises(taskyard.TaskNotFinished):
        await task.get()

    await task.cancel()
    place.write_status(task.id, phase="Cancelled", reason="Cancelled")
    with pytest.raises(taskyard.TaskFailed, match="was cancelled"):
        await task.get()

    again = await task.retry()
    place.succeed(again.id, "ein Hügel".encode(), "text/plain; charset=utf-8")
    assert (await again.wait(timeout=30)) == taskyard.ResultStatus.SUCCESS
    assert await again.get() == "ein Hügel"
