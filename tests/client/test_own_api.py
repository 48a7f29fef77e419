"""What the clients do where the server has Taskyard's own API: repeats that are safe, and many at once."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

import taskyard

from .peer import Peer, Run, error, unavailable

SUBMIT = "/v1/services/studio/tasks/count"
RAW = "/v1/services/studio/tasks/raw"


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer(own=True) as peer:
        yield peer


def keys(peer: Peer) -> list[str]:
    return [seen.headers["idempotency-key"] for seen in peer.requests(SUBMIT)]


def test_a_submit_is_repeated_with_its_key_whatever_became_of_it(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers(SUBMIT, unavailable(502), unavailable(504))

    task = client.count.submit(["a"])

    assert keys(peer) == [task.id] * 3
    assert client.count.submit(["a"]).id != task.id


def test_a_retry_is_repeated_with_its_key_too(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.answers("/v1/tasks/r/retry", unavailable(502))

    again = client.count.task("r").retry()

    assert [seen.headers["idempotency-key"] for seen in peer.requests("/v1/tasks/r/retry")] == [
        again.id
    ] * 2


def test_options_go_along_with_a_submit(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    urgent = client.count.options(
        priority=5,
        labels={"team": "maps", "example.org/run": "7"},
        run_deadline=600,
        callback="https://example.org/hook",
        callback_states=["Failed", "Succeeded"],
        idempotency_key="order-17",
    )

    assert urgent.submit(["a"]).id == "order-17"
    assert peer.requests(SUBMIT)[0].query == (
        "label=team%3Dmaps&label=example.org%2Frun%3D7&priority=5&runDeadline=600"
        "&callback=https%3A%2F%2Fexample.org%2Fhook&callbackStates=Failed%2CSucceeded"
    )
    with pytest.raises(ValueError, match="idempotency_key is of one submit"):
        urgent.submit_many([["a"], ["b"]])


def test_options_need_a_server_that_knows_them() -> None:
    with Peer() as old, taskyard.SyncHTTPClient(old.url) as client:
        with pytest.raises(taskyard.Unsupported, match=r"options\(\) needs"):
            client.count.options(priority=1).submit(["a"])
        assert not old.requests("/count/submit")


def test_what_only_the_own_api_can_do_is_not_tried_elsewhere() -> None:
    with Peer() as old, taskyard.SyncHTTPClient(old.url) as client:
        with pytest.raises(taskyard.Unsupported, match=r"cancel_tasks\(\) needs"):
            client.cancel_tasks(phase="Queued")
        with pytest.raises(taskyard.Unsupported, match=r"delete\(\) needs"):
            client.count.task("r").delete()


def test_an_own_api_that_a_proxy_lets_nobody_to_is_done_without(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.answers("/v1/services/studio", Response("<html>nothing here</html>", 404))

    assert client.count.submit(["a"]).wait(timeout=10) == "success"
    assert [seen.path for seen in peer.seen[-2:]] == ["/count/submit", "/count/status"]


def test_waiting_is_a_request_that_the_server_holds(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    peer.runs["r"].statuses.appendleft({"status": "pending"})

    assert client.count.task("r").wait(timeout=10) == "success"
    held = [seen.query for seen in peer.requests("/v1/tasks/r")]
    assert [query.partition("=")[0] for query in held] == ["wait", "wait"]
    assert 8 < float(held[0].partition("=")[2]) <= 9


def test_many_are_submitted_and_those_that_were_not_are_told_of(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    tasks = client.count.submit_many([["a"], {"words": ["b"]}, (["c"],)])

    assert sorted(keys(peer)) == sorted(task.id for task in tasks)
    with pytest.raises(TypeError, match="unknown 'wrods'"):
        client.count.submit_many([["a"], {"words": [], "wrods": []}])
    assert len(peer.requests(SUBMIT)) == 3
    peer.answers(SUBMIT, error(400, "InvalidInput", "no"))
    with pytest.raises(taskyard.InvalidArgument) as caught:
        client.count.submit_many([["a"], ["b"]])
    assert caught.value.__notes__ == [f"1 of 2 were submitted: {keys(peer)[-1]}"]


def test_two_thousand_in_flight_need_few_requests_and_few_connections(peer: Peer) -> None:
    with taskyard.SyncHTTPClient(peer.url, max_connections=4) as client:
        tasks = [client.count.task(f"r{number}") for number in range(2000)]
        ended = {task.id for task in client.as_completed(tasks)}

    assert ended == {task.id for task in tasks}
    assert len(peer.requests("/v1/tasks/wait")) == 4
    assert len({seen.client for seen in peer.seen}) <= 4


def test_a_gateway_that_takes_fewer_at_once_is_asked_for_fewer(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    refusal = error(400, "InvalidInput", "at most 5 tasks are waited for at once")
    peer.answers("/v1/tasks/wait", refusal, refusal)
    tasks = [client.count.task(f"r{number}") for number in range(8)]

    assert {task.id for task in client.as_completed(tasks)} == {task.id for task in tasks}
    asked = [len(json.loads(seen.body)["ids"]) for seen in peer.requests("/v1/tasks/wait")]
    assert asked == [8, 4, 2, 2, 4]


def test_a_map_has_no_more_in_flight_than_it_may(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    told: list[taskyard.MapProgress] = []
    inputs = iter([()] * 25)

    results = client.raw.map(inputs, concurrency=10, on_progress=told.append)
    assert next(results) == b"done"
    assert len(peer.requests(RAW)) < 25
    assert list(results) == [b"done"] * 24

    assert (told[-1].submitted, told[-1].ended) == (25, 25)
    assert max(one.submitted - one.ended for one in told) == 10


@pytest.mark.parametrize(("window", "ahead"), [(None, 30), (7, 7)])
def test_a_map_is_not_without_bound_ahead_of_a_slow_first_run(
    peer: Peer, client: taskyard.SyncHTTPClient, window: int | None, ahead: int
) -> None:
    peer.runs.default_factory = lambda: Run(result=JSONResponse(1))
    told: list[taskyard.MapProgress] = []

    def first() -> str:
        sent = peer.requests(SUBMIT)
        return next(one.headers["idempotency-key"] for one in sent if b'"0"' in one.body)

    def look(progress: taskyard.MapProgress) -> None:
        others_ended = progress.ended >= ahead - 1
        status = "success" if others_ended else "in_progress"
        peer.runs[first()].statuses[0] = {"status": status}
        told.append(progress)

    inputs = iter([str(number)] for number in range(100))
    results = list(client.count.map(inputs, concurrency=3, window=window, on_progress=look))

    assert results == [1] * 100
    assert next(one.submitted for one in told if one.ended >= ahead - 1) == ahead


def test_a_map_tells_of_what_failed_as_it_is_asked_to(
    peer: Peer, client: taskyard.SyncHTTPClient
) -> None:
    failed = error(500, "OutOfMemory", "too much", taskId="r", phase="Failed")
    peer.runs["r"].result = failed
    peer.answers(SUBMIT, JSONResponse({"id": "r"}), error(400, "InvalidInput", "no"))

    kept = list(client.count.map([["a"], ["b"]], return_exceptions=True))

    assert {type(one) for one in kept} == {taskyard.TaskFailed, taskyard.InvalidArgument}
    peer.answers(SUBMIT, JSONResponse({"id": "r"}))
    with pytest.raises(taskyard.TaskFailed, match="too much"):
        list(client.count.map([["a"]]))
    with pytest.raises(ValueError, match="concurrency must be 1 or more"):
        client.count.map([], concurrency=0)
    with pytest.raises(ValueError, match="window must be 1 or more"):
        client.count.map([], window=0)


def test_time_for_many_is_over_for_all_at_once(peer: Peer, client: taskyard.SyncHTTPClient) -> None:
    peer.runs["slow"].statuses[0] = {"status": "pending"}
    tasks = [client.count.task("slow"), client.count.task("quick")]
    ended: list[str] = []

    with pytest.raises(taskyard.WaitTimeout, match="1 tasks had not ended in time"):
        ended.extend(task.id for task in taskyard.as_completed(tasks, timeout=0.3))
    assert [task.id for task in taskyard.as_completed([])] == []


def test_without_the_own_api_each_is_asked_for() -> None:
    with Peer() as old, taskyard.SyncHTTPClient(old.url) as client:
        for number in range(4):
            old.runs[f"run-{number}"].statuses.appendleft({"status": "pending"})
        old.answers("/count/status", unavailable(502))
        tasks = [client.count.task(f"run-{number}") for number in range(4)]

        assert {task.id for task in client.as_completed(tasks)} == {task.id for task in tasks}


async def test_the_asynchronous_client_does_all_of_it(
    peer: Peer, async_client: taskyard.AsyncHTTPClient
) -> None:
    tasks = await async_client.count.submit_many([["a"]] * 20)
    ended = [task.id async for task in taskyard.as_completed(tasks)]
    again = [task.id async for task in async_client.as_completed(tasks)]
    results = [one async for one in async_client.raw.map([()] * 20, concurrency=5)]

    assert set(ended) == set(again) == {task.id for task in tasks}
    assert len(results) == 20
    assert [task async for task in taskyard.as_completed(tasks[:0])] == []
    urgent = await async_client.raw.options(priority=2).submit()
    assert (await asyncio.gather(urgent, urgent.wait()))[1] == "success"
