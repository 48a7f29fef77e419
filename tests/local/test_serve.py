"""What `taskyard serve` gives on one machine: tasks, states, reasons, and nothing left behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import psutil

from taskyard import Task

from .serving import LocalServer, taskyard_serve, until


def test_a_task_gets_a_gpu_of_its_own_and_the_next_one_waits_for_it(server: LocalServer) -> None:
    with server.client("painter") as client:
        first = client.paint.submit(seconds=4)
        until(lambda: first.get_status().value == "in_progress", "the first one runs")
        # To wait for what another task uses is to wait for a turn, and no slow start.
        second = client.paint.options(start_deadline=1).submit(seconds=0)
        until(lambda: second.get_status().reason == "Unschedulable", "the second one says why")
        assert second.get_status().message == "It needs 1 GPU, and 0 of 1 are free."

        assert first.wait(60).value == second.wait(60).value == "success"
        assert first.get() == second.get() == "7"


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


def test_a_run_of_a_newer_release_keeps_no_other_from_being_served(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with taskyard_serve(data) as first, first.client("lab") as client:
        newer = client.hold.submit(seconds=600)
        until(lambda: newer.get_status().value == "in_progress", "it has an attempt")
        first.kill()
    with closing(sqlite3.connect(data / "runs.db")) as connection, connection:
        connection.execute("UPDATE runs SET object = json_set(object, '$.status.phase', 'Paused')")

    with taskyard_serve(data) as second, second.client("lab") as client:
        assert client.shout.submit(text="served").wait(60).value == "success"
        answer = httpx.get(f"{second.url}/v1/tasks/{newer.id}", trust_env=False)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (500, "Unreadable")
        listed = httpx.get(f"{second.url}/v1/tasks", trust_env=False).json()
        assert [task["id"] != newer.id for task in listed["items"]] == [True]


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
