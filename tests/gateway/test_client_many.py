"""The clients submit, wait for and list many tasks, by the gateway's own API."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

import taskyard

from .place import Place
from .process import Gateway
from .waiting import soon

MANY = 300


class Transport(httpx.HTTPTransport):
    """Counts requests by their last word; of the first ones of a kind the answers can be lost."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self.counted: dict[str, int] = {}
        self.to_lose: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        word = request.url.path.rpartition("/")[2]
        self.counted[word] = self.counted.get(word, 0) + 1
        response = super().handle_request(request)
        if word in self.to_lose:
            self.to_lose.remove(word)
            response.read()
            response.close()
            raise httpx.ReadError("the answer was lost", request=request)
        return response


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def client(gateway: Gateway, transport: Transport) -> Iterator[taskyard.SyncHTTPClient]:
    with taskyard.SyncHTTPClient(gateway.url, transport=transport) as client:
        yield client


def fail(place: Place, task_ids: Sequence[str]) -> None:
    """All of them have failed, some at the same time."""
    with ThreadPoolExecutor(8) as calls:
        list(calls.map(lambda task_id: place.fail(task_id, "TaskError"), task_ids))


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_runs_twice(
    client: taskyard.SyncHTTPClient, transport: Transport, place: Place
) -> None:
    before = set(place.runs())
    transport.to_lose = ["echo", "retry"]

    task = client.echo.submit(1)
    place.fail(task.id, "TaskError", "no")
    again = task.retry()

    assert transport.counted["echo"] == transport.counted["retry"] == 2
    assert set(place.runs()) - before == {task.id, again.id}


def test_a_key_of_ones_own_finds_the_same_task_elsewhere_and_later(
    client: taskyard.SyncHTTPClient, gateway: Gateway
) -> None:
    key = secrets.token_hex(8)
    task = client.hear.options(idempotency_key=key).submit(b"x" * 10_000)
    with taskyard.SyncHTTPClient(gateway.url) as elsewhere:
        same = elsewhere.hear.options(idempotency_key=key).submit(b"x" * 10_000)
        with pytest.raises(taskyard.InvalidArgument) as caught:
            elsewhere.hear.options(idempotency_key=key).submit(b"y")

    assert same.id == task.id
    assert (caught.value.status_code, caught.value.reason) == (422, "IdempotencyMismatch")


def test_options_are_kept_with_the_task(client: taskyard.SyncHTTPClient, place: Place) -> None:
    options = client.echo.options(priority=7, labels={"team": "maps"}, run_deadline=600)

    task = options.submit(1)

    assert place.run(task.id)["spec"]["deadlines"] == {"run": 600}
    status = task.get_status()
    assert (status.priority, status.labels, status.task) == (7, {"team": "maps"}, "echo")
    with pytest.raises(taskyard.InvalidArgument, match="label: a label's key is"):
        client.echo.options(labels={"no good": "x"}).submit(1)


def test_hundreds_in_flight_are_waited_for_with_few_requests(
    client: taskyard.SyncHTTPClient, transport: Transport, place: Place
) -> None:
    tasks = client.echo.submit_many(range(MANY))
    ids = [task.id for task in tasks]
    with ThreadPoolExecutor(1) as background:
        ending = background.submit(fail, place, ids)
        ended = [task.id for task in client.as_completed(tasks, timeout=120)]
        ending.result()

    assert sorted(ended) == sorted(ids)
    assert transport.counted["wait"] < MANY / 2
    assert "status" not in transport.counted


def test_a_map_gives_the_results_in_the_order_of_its_inputs(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    done = set(place.runs())
    with ThreadPoolExecutor(1) as background:
        results = background.submit(list, client.echo.map(iter("abcd"), concurrency=2))
        while not results.done():
            for task_id in sorted(set(place.runs()) - done, reverse=True):
                value = place.run(task_id)["spec"]["input"]["inline"]["value"]
                place.succeed(task_id, f'"{value} too"'.encode())
                done.add(task_id)

    assert results.result() == ["a too", "b too", "c too", "d too"]


def test_tasks_are_listed_by_what_is_known_of_them(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    batch = secrets.token_hex(4)
    labelled = client.echo.options(labels={"batch": batch})
    tasks = [labelled.submit(number) for number in range(3)]
    place.fail(tasks[1].id, "OutOfMemory", "it used more than 1Gi")
    begun = datetime.now(UTC) - timedelta(minutes=5)

    listed = list(client.tasks(labels={"batch": batch}, created_after=begun))
    [failed] = client.tasks(labels={"batch": batch}, phase="Failed", task="echo")

    assert {task.id for task in listed} == {task.id for task in tasks}
    assert failed == tasks[1]
    assert failed.seen is not None
    assert (failed.seen.reason, failed.seen.status.value) == ("OutOfMemory", "failure")
    assert list(client.tasks(labels={"batch": batch}, phase=["Running", "Starting"])) == []
    with pytest.raises(ValueError, match="created_before must say its time zone"):
        list(client.tasks(created_before=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point


def test_those_that_fit_are_cancelled_and_one_that_has_ended_is_deleted(
    client: taskyard.SyncHTTPClient, place: Place
) -> None:
    batch = {"batch": secrets.token_hex(4)}
    ended, open_ = client.echo.options(labels=batch).submit_many([1, 2])
    place.succeed(ended.id, b"1")
    soon(lambda: list(client.tasks(labels=batch, phase="Queued")) == [open_])
    soon(lambda: list(client.tasks(labels=batch, phase="Succeeded")) == [ended])

    assert client.cancel_tasks(labels=batch) == [open_.id]
    assert client.cancel_tasks(labels=batch, task="echo") == []
    assert place.run(open_.id)["spec"]["cancel"] is True
    with pytest.raises(ValueError, match="say which tasks are meant"):
        client.cancel_tasks()

    with pytest.raises(taskyard.TaskNotFinished, match="cancel it first"):
        open_.delete()
    ended.delete()
    with pytest.raises(taskyard.NotFound):
        ended.get_status()


async def test_the_asynchronous_client_does_all_of_it(gateway: Gateway, place: Place) -> None:
    batch = secrets.token_hex(4)
    async with taskyard.AsyncHTTPClient(gateway.url) as client:
        tasks = await client.echo.options(labels={"batch": batch}).submit_many(range(10))
        fail(place, [task.id for task in tasks])

        ended = [task.id async for task in taskyard.as_completed(tasks, timeout=60)]
        listed = [task.id async for task in client.tasks(labels={"batch": batch})]
        cancelled = await client.cancel_tasks(labels={"batch": batch})
        await tasks[0].delete()
        with pytest.raises(taskyard.NotFound):
            await tasks[0].get_status()

    assert cancelled == []
    assert sorted(ended) == sorted(listed) == sorted(task.id for task in tasks)
