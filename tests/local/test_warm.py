"""Services that are kept warm: built once, and each task ends as if it had a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import getcontext
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from taskyard import SyncHTTPClient, Task
from tests.local.test_serve import processes_of

from .serving import SERVICES, LocalServer, taskyard_serve, until


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server with room for one attempt, so that there is one worker at a time."""
    data = tmp_path_factory.mktemp("warm") / "data"
    with taskyard_serve(
        data, "--workers", "1", "--gpus", "3,5", module=SERVICES / "hall.py"
    ) as running:
        yield running


@pytest.fixture
def client(hall: LocalServer) -> Iterator[SyncHTTPClient]:
    with hall.client("hall") as client:
        yield client


def result_of(task: Task) -> Any:
    status = task.wait(60)
    assert status.value == "success", status
    return task.get()


def worker_of(task: Task) -> int:
    """The worker that holds a task, as it says itself."""
    until(lambda: task.get_status().progress is not None, "it runs")
    said = task.get_status().progress
    return int((said and said.message) or 0)


def log_of(hall: LocalServer, task_id: str) -> str:
    return httpx.get(f"{hall.url}/v1/tasks/{task_id}/logs", trust_env=False).text


def test_task_after_task_runs_in_one_process_and_each_has_its_own_log(
    hall: LocalServer, client: SyncHTTPClient
) -> None:
    tasks = [client.who.submit() for _ in range(3)]

    assert [task.wait(60).value for task in tasks] == ["success"] * 3
    assert len({task.get() for task in tasks}) == 1
    for task in tasks:
        lines = log_of(hall, task.id).splitlines()
        assert [line for line in lines if line.endswith("was here")] == [f"{task.id} was here"]
    assert "the hall is built" not in log_of(hall, tasks[2].id)


def test_those_that_wait_are_run_in_their_order(client: SyncHTTPClient) -> None:
    client.hold.submit(seconds=1)
    tasks = [client.turn.submit() for _ in range(12)]

    turns = [result_of(task) for task in tasks]

    assert turns == list(range(turns[0], turns[0] + len(tasks)))


def test_an_error_or_a_wrong_argument_ends_the_attempt_and_not_the_worker(
    client: SyncHTTPClient,
) -> None:
    before = result_of(client.who.submit())

    failed = client.fail.submit(message="as it was told to").wait(60)

    assert (failed.reason, failed.message) == ("TaskError", "ValueError: as it was told to")
    assert result_of(client.who.submit()) == before


def test_a_worker_that_has_lost_its_device_is_not_kept(client: SyncHTTPClient) -> None:
    before = result_of(client.who.submit())

    assert client.fail.submit(message="CUDA error: device-side assert triggered").wait(60).reason
    assert result_of(client.who.submit()) != before


def test_a_crash_ends_that_attempt_and_that_worker(client: SyncHTTPClient) -> None:
    before = result_of(client.who.submit())

    crashed = client.crash.submit().wait(60)

    assert (crashed.value, crashed.reason) == ("failure", "ProcessCrashed")
    assert crashed.message is not None
    assert "SIGSEGV" in crashed.message
    assert result_of(client.who.submit()) != before


def test_of_a_worker_that_dies_while_nobody_uses_it_nothing_is_left_in_its_runner(
    client: SyncHTTPClient,
) -> None:
    first = result_of(client.who.submit())
    runner = psutil.Process(psutil.Process(first).ppid())
    files = runner.num_fds()
    psutil.Process(first).kill()

    second = result_of(client.who.submit())

    assert second != first
    assert psutil.Process(second).ppid() == runner.pid
    until(lambda: runner.num_fds() == files, "it has as many files open as before")


def test_a_cancel_ends_that_attempt_and_that_worker(client: SyncHTTPClient) -> None:
    task = client.hold.submit(seconds=600)
    worker = worker_of(task)

    task.cancel()

    assert task.wait(60).value == "cancelled"
    assert result_of(client.who.submit()) != worker
    assert not psutil.pid_exists(worker)


def test_what_a_task_changes_is_put_back_for_the_next(
    hall: LocalServer, client: SyncHTTPClient
) -> None:
    worker = result_of(client.who.submit())
    disturbing = client.disturb.submit()
    next_one = client.surroundings.submit()

    folder, left, built_by, precision = result_of(next_one)

    assert disturbing.get() == worker
    assert (Path(folder).name, left, built_by) == ("services", "", str(worker))
    assert precision == str(getcontext().prec)
    assert "held back by C" in log_of(hall, disturbing.id)
    assert "held back by C" not in log_of(hall, next_one.id)
    assert next_one.get_status().progress is None


@pytest.mark.parametrize("daemon", [False, True])
def test_what_a_task_leaves_behind_ends_with_its_worker(
    client: SyncHTTPClient, daemon: bool
) -> None:
    assert result_of(client.helper_lives.submit())

    worker = result_of(client.leave_behind.submit(daemon=daemon))

    assert result_of(client.who.submit()) != worker
    assert not psutil.pid_exists(worker)
    # What the service itself has started is another matter.
    assert result_of(client.helper_lives.submit())


def test_a_worker_that_has_to_be_killed_for_what_its_task_left_behind_is_not_used_again(
    hall: LocalServer,
) -> None:
    with hall.client("porch") as porch:
        worker = result_of(porch.leave_behind.submit())

        assert result_of(porch.who.submit()) != worker


def test_a_worker_that_holds_too_much_is_ended_with_the_attempt_that_it_runs(
    hall: LocalServer,
) -> None:
    with hall.client("pantry") as pantry:
        first = pantry.store.submit(mebibytes=100)
        assert first.wait(60).value == "success"
        too_much = pantry.store.submit(mebibytes=150).wait(60)
        assert (too_much.value, too_much.reason) == ("failure", "OutOfMemory")
        assert result_of(pantry.store.submit(mebibytes=20)) != first.get()


def test_a_worker_belongs_to_its_gpus_and_goes_where_they_are_needed(hall: LocalServer) -> None:
    with hall.client("easel") as easel, hall.client("mural") as mural:
        (gpu, first), (same_gpu, same) = (result_of(easel.paint.submit()) for _ in range(2))
        assert (gpu, first) == (same_gpu, same)
        assert gpu in ("3", "5")

        both, _ = result_of(mural.paint.submit())

        assert both == "3,5"
        assert not psutil.pid_exists(int(first))


def test_a_worker_that_has_nothing_to_do_ends_after_a_time(tmp_path: Path) -> None:
    options = ["--workers", "1", "--keep-warm", "1"]
    with (
        taskyard_serve(tmp_path / "data", *options, module=SERVICES / "hall.py") as hall,
        hall.client("hall") as client,
    ):
        worker = result_of(client.who.submit())
        until(lambda: not psutil.pid_exists(worker), "the worker has ended")


def test_nothing_is_left_and_nothing_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    data, options = tmp_path / "data", ["--workers", "2", "--warm"]
    with (
        taskyard_serve(data, *options, module=SERVICES / "hall.py") as first,
        first.client("hall") as client,
    ):
        idle = client.who.submit()
        worker = result_of(idle)
        running = [client.hold.submit(seconds=3), client.hold.submit(seconds=3)]
        workers = {worker, *map(worker_of, running)}
        helpers = [child.pid for pid in workers for child in psutil.Process(pid).children()]
        assert helpers
        first.kill()
        until(lambda: not any(map(psutil.pid_exists, [*workers, *helpers])), "all have ended")
        until(lambda: processes_of(idle.id) == [], "the runner has ended, too")

    with (
        taskyard_serve(data, *options, module=SERVICES / "hall.py") as second,
        second.client("hall") as client,
    ):
        assert Task(idle.id, client.who).get() == worker
        again = [Task(task.id, client.hold) for task in running]
        assert [task.wait(60).value for task in again] == ["success"] * 2
        assert [task.get_status().attempt for task in again] == [2, 2]
