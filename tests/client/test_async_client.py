"""The asynchronous client against a real server: what differs from the blocking one, and the main ways."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import Response
from fastapi.responses import JSONResponse, RedirectResponse
from PIL import Image

import taskyard

from .peer import Peer, error, unavailable, unused_port


async def test_the_reference_documents_way_of_use(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    task = await async_client.paint.submit(prompt="a scenic mountain view")

    assert (await task.get_status()).value == "success"
    assert (await task.wait()).finished
    assert (await task.retry()).id != task.id
    await task.cancel()
    assert peer.requests("/paint/cancel")[0].method == "PUT"


async def test_calling_a_task_submits_waits_and_gets(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    peer.answers("/count/get", JSONResponse(2))

    assert await async_client.count(words=["a", "b"]) == 2


async def test_a_hundred_calls_at_once(peer: Peer, async_client: taskyard.AsyncHTTPClient) -> None:
    tasks = await asyncio.gather(*[async_client.raw.submit() for _ in range(150)])

    assert len({task.id for task in tasks}) == 150


async def test_without_entering_it_asks_for_the_tasks_at_the_first_call(peer: Peer) -> None:
    client = taskyard.AsyncHTTPClient(peer.url)
    nowhere = client.nowhere

    with pytest.raises(AttributeError, match="'Studio' has no task 'nowhere'"):
        await nowhere.submit()
    with pytest.raises(AttributeError, match="its tasks are: close, convert"):
        client.elsewhere  # noqa: B018
    assert "paint" in dir(client)
    assert len(peer.requests("/schema.json")) == 1
    await client.close()


async def test_entering_fails_when_there_is_no_server() -> None:
    client = taskyard.AsyncHTTPClient(f"http://127.0.0.1:{unused_port()}", server_ready_timeout=0.2)

    with pytest.raises(taskyard.APITimeoutError, match="connection refused"):
        async with client:
            pytest.fail("there is no server")


async def test_a_picture_is_sent_again_after_a_refusal_and_a_redirect(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    with Peer() as other:
        there = RedirectResponse(f"{other.url}/describe/submit", 307)
        peer.answers("/describe/submit", unavailable(503), there)

        await async_client.describe.submit(Image.new("L", (5, 6)), mood="grim")

        parts = other.requests("/describe/submit")[0].parts
    assert parts["mood"] == [(None, "text/plain", b'"grim"')]
    assert Image.open(io.BytesIO(parts["image"][0][2])).size == (5, 6)


async def test_a_file_result_is_a_file_that_goes_with_the_client(peer: Peer) -> None:
    disposition = "attachment; filename*=UTF-8''na%C3%AFve.txt"
    peer.runs["r"].result = Response("text", headers={"content-disposition": disposition})
    async with taskyard.AsyncHTTPClient(peer.url) as client:
        path: Path = await client.convert.get("r")

        assert path.name == "naïve.txt"
        assert await asyncio.to_thread(path.read_text) == "text"
    assert not await asyncio.to_thread(path.exists)


async def test_waiting_does_not_hold_up_others(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    peer.runs["slow"].statuses[0] = {"status": "in_progress"}
    waiting = asyncio.create_task(async_client.raw.wait("slow"))

    assert (await async_client.raw.wait("quick")).finished
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_wait_gives_up_in_time(peer: Peer, async_client: taskyard.AsyncHTTPClient) -> None:
    peer.runs["slow"].statuses[0] = {"status": "in_progress"}

    with pytest.raises(taskyard.WaitTimeout):
        await async_client.raw.wait("slow", timeout=0.05)


async def test_errors_are_those_of_the_blocking_client(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    peer.answers("/raw/get", error(500, "TaskError", "boom", task_id="r", phase="Failed"))

    with pytest.raises(taskyard.TaskFailed, match="task r failed with TaskError: boom"):
        await async_client.raw.get("r")


@pytest.mark.parametrize("kind", [taskyard.SyncHTTPClient, taskyard.AsyncHTTPClient])
@pytest.mark.parametrize("url", ["localhost:3000", "ftp://host", "http://host/?a=1", ""])
def test_a_bad_address_is_refused_at_once(kind: Callable[[str], object], url: str) -> None:
    with pytest.raises(ValueError, match="is no address of a service"):
        kind(url)


async def test_a_run_of_a_task_that_the_service_has_no_more_is_still_a_run() -> None:
    with Peer(own=True) as peer:
        past = {"id": "r", "task": "gone", "status": "success"}
        for _ in range(2):
            peer.answers("/v1/tasks", JSONResponse({"items": [past], "next": None}))
        peer.runs["r"].result = JSONResponse(7)
        with taskyard.SyncHTTPClient(peer.url) as client:
            [run] = client.tasks()
            assert (run.wait().value, run.get()) == ("success", 7)
            assert list(taskyard.as_completed([run])) == [run]
        async with taskyard.AsyncHTTPClient(peer.url) as async_client:
            [same] = [task async for task in async_client.tasks()]
            assert ((await same.wait()).value, await same.get()) == ("success", 7)
            assert [task async for task in taskyard.as_completed([same])] == [same]
