"""What `taskyard serve` gives on one machine: tasks, states, reasons, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import httpx
import psutil
import pytest

from taskyard import Task, TaskFailed

from .serving import LocalServer, taskyard_serve, until


def test_a_task_is_submitted_waited_for_and_fetched(server: LocalServer) -> None:
    with server.client("lab") as client:
        task = client.shout.submit(text="hello")

        assert task.wait(60).value == "success"
        assert task.get() == "HELLO"


def test_a_failure_is_told_with_its_reason_and_can_be_tried_again(server: LocalServer) -> None:
    with server.client("lab") as client:
        task = client.fail.submit()

        status = task.wait(60)
        assert (status.value, status.reason, status.message) == (
            "failure", "TaskError", "ValueError: as it was told to",
        )  # fmt: skip
        with pytest.raises(TaskFailed, match="as it was told to"):
            task.get()
        again = task.retry()
        assert again.id != task.id
        assert again.wait(60).value == "failure"


def test_tasks_are_listed_waited_for_and_cancelled_many_at_once(server: LocalServer) -> None:
    http = httpx.Client(base_url=server.url, trust_env=False, timeout=60)
    with server.client("lab") as client, http:
        ended = client.shout.submit(text="hello")
        ended.wait(60)
        held = [client.hold.submit(seconds=600) for _ in range(3)]
        ids = [task.id for task in held]

        told = http.post("/v1/tasks/wait", json={"ids": [*ids, ended.id]}).json()
        assert ([item["id"] for item in told["ended"]], told["pending"]) == ([ended.id], ids)
        listed = http.get("/v1/tasks", params={"task": "hold", "limit": 2}).json()
        assert [item["id"] for item in listed["items"]] == ids[:0:-1]

        cancelled = http.post("/v1/tasks/cancel", params={"task": "hold"}).json()
        assert set(ids) <= set(cancelled["ids"])
        assert {task.wait(60).value for task in held} == {"cancelled"}


def test_progress_is_told_while_a_task_runs_and_a_cancel_ends_it(server: LocalServer) -> None:
    with server.client("lab") as client:
        task = client.hold.submit(seconds=600)
        until(lambda: task.get_status().progress is not None, "progress is told")
        assert task.get_status().value == "in_progress"

        task.cancel()

        assert task.wait(60).value == "cancelled"


def test_what_a_task_yields_is_kept_with_it(server: LocalServer) -> None:
    with server.client("lab") as client:
        task = client.spell.submit(word="yard")

        assert task.wait(60).value == "success"
        assert task.get() is None
        kept = httpx.get(f"{server.url}/v1/tasks/{task.id}/outputs", trust_env=False).json()
        assert [item["value"] for item in kept["items"]] == list("yard")


def test_a_large_input_and_result_go_through_the_folder(server: LocalServer) -> None:
    with server.client("lab") as client:
        text = "word " * 40_000

        task = client.shout.submit(text=text)

        assert task.wait(60).value == "success"
        assert task.get() == text.upper()


def test_a_task_gets_a_gpu_of_its_own_and_the_next_one_waits_for_it(server: LocalServer) -> None:
    with server.client("painter") as client:
        first = client.paint.submit(seconds=4)
        until(lambda: first.get_status().value == "in_progress", "the first one runs")
        second = client.paint.submit(seconds=0)
        until(lambda: second.get_status().reason == "Unschedulable", "the second one says why")
        assert second.get_status().message == "It needs 1 GPU, and 0 of 1 are free."

        assert first.wait(60).value == second.wait(60).value == "success"
        assert first.get() == second.get() == "7"


def test_a_task_that_takes_more_memory_than_its_service_has_is_ended(server: LocalServer) -> None:
    with server.client("glutton") as client:
        fits, bursts = client.eat.submit(mebibytes=20), client.eat.submit(mebibytes=600)

        assert fits.wait(60).value == "success"
        status = bursts.wait(60)
        assert (status.value, status.reason) == ("failure", "OutOfMemory")


def test_what_a_task_left_behind_ends_with_it(server: LocalServer) -> None:
    with server.client("lab") as client:
        task = client.leave_behind.submit(seconds=0)

        assert task.wait(60).value == "success"
        assert processes_of(task.id) == []


def test_nothing_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with taskyard_serve(data, "--workers", "2") as first, first.client("lab") as client:
        done = client.shout.submit(text="kept")
        assert done.wait(60).value == "success"
        running = [client.leave_behind.submit(seconds=600), client.hold.submit(seconds=2)]
        until(
            lambda: all(task.get_status().value == "in_progress" for task in running),
            "two tasks run",
        )
        queued = [client.shout.submit(text=f"number {number}") for number in range(3)]
        first.kill()
        until(lambda: not processes_of(running[0].id), "what it ran has ended")

    with taskyard_serve(data, "--workers", "2") as second, second.client("lab") as client:
        assert Task(done.id, client.shout).get() == "KEPT"
        for number, task in enumerate(queued):
            again = Task(task.id, client.shout)
            assert again.wait(60).value == "success"
            assert again.get() == f"NUMBER {number}"
        held = Task(running[1].id, client.hold)
        assert held.wait(60).value == "success"
        assert held.get_status().attempt == 2
        Task(running[0].id, client.leave_behind).cancel()
        assert Task(running[0].id, client.leave_behind).wait(60).value == "cancelled"


def processes_of(task: str) -> list[str]:
    """The command lines of what is there of a task."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("TASKYARD_ATTEMPT", "")
            if task in mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found
