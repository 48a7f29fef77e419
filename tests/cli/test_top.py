"""`taskyard top`: what runs, what waits, and who holds the GPUs."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from taskyard.api.reasons import Phase
from taskyard.cli._gpus import gpus_in_words, gpus_of
from tests.controller.processes import free_port
from tests.local.serving import COMMAND, PATIENCE, taskyard_serve, until

from .calling import Taskyard, environment
from .documents import attempt, document

STUDIO = """
import time

import taskyard

@taskyard.service(gpu=2)
class Studio:
    @taskyard.task
    def hold(self) -> None:
        time.sleep(600)
"""
ASKS: list[dict[str, object]] = [
    {"name": "image-generation", "gpu": {"count": 2}},
    {"name": "words", "gpu": None},
]


@pytest.mark.parametrize(
    ("services", "there", "told"),
    [
        (ASKS, 8, "4 of 8 GPUs held"),
        (ASKS, None, "4 GPUs held"),  # a cluster has them, or not
        (ASKS[1:], 8, ""),
        ([{"name": "image-generation"}], None, ""),  # an older gateway
    ],
)
def test_gpus_are_held_by_what_runs(
    services: list[dict[str, object]], there: int | None, told: str
) -> None:
    tasks = [document(Phase.RUNNING), document(Phase.RUNNING), document(Phase.QUEUED)]

    assert gpus_in_words(tasks, gpus_of(services), there) == told


@pytest.mark.parametrize(
    ("phase", "attempts", "told"),
    [
        (Phase.STARTING, [attempt(1, node="node-1")], "2 GPUs held"),
        (Phase.STARTING, [attempt(1)], "0 GPUs held"),  # no node can take its pod
        (Phase.STARTING, [attempt(1, ended=5, node="node-1"), attempt(2)], "0 GPUs held"),
        (Phase.QUEUED, [attempt(1, node="node-1")], "0 GPUs held"),  # its place was taken back
    ],
)
def test_gpus_are_held_from_when_a_node_has_taken_the_task(
    phase: Phase, attempts: list[dict[str, object]], told: str
) -> None:
    assert gpus_in_words([document(phase, attempts=attempts)], gpus_of(ASKS), None) == told


def test_top_tells_who_holds_the_gpus(tmp_path: Path) -> None:
    module = tmp_path / "studio.py"
    module.write_text(STUDIO)
    with taskyard_serve(tmp_path / "data", "--gpus", "0,1,2", module=module) as server:
        taskyard = Taskyard({"TASKYARD_URL": server.url})
        first = taskyard("submit", "studio.hold").line
        until(lambda: "Running" in taskyard("get", first).out, "the first task runs")
        waiting = [taskyard("submit", "studio.hold").line for _ in range(2)]

        summary, _, head, *rows = taskyard("top", "--once").out.splitlines()
        short = taskyard("top", "--once", "--limit", "1").out
        taskyard("cancel", first, *waiting)

    assert summary == "1 running, 0 starting, 2 queued; 2 of 3 GPUs held"
    assert head.split() == ["ID", "TASK", "PHASE", "ATTEMPT", "GPUS", "AGE", "NOTE"]
    running, *line = (row.split() for row in rows)
    assert running[:5] == [first, "studio.hold", "Running", "1", "2"]
    assert {row[0] for row in line} == set(waiting)
    assert [(row[2], row[4]) for row in line] == [("Queued", "0")] * 2
    assert first in short
    assert waiting[1] not in short


def test_top_lives_through_a_restart_of_the_gateway(tmp_path: Path, commands: Path) -> None:
    module, port = tmp_path / "studio.py", free_port()
    module.write_text(STUDIO)
    serve = [*COMMAND, str(module), "--port", str(port), "--data", str(tmp_path / "data")]
    there = environment(commands, TERM="xterm", TASKYARD_URL=f"http://127.0.0.1:{port}")
    with ExitStack() as ending:
        first = begun(serve, ending)
        screen = at_a_screen(["taskyard", "top", "--interval", "0.5"], there, ending)

        screen.shows("0 running, 0 starting, 0 queued")
        first.kill()
        screen.shows("connection refused; it is asked again")
        begun(serve, ending)
        screen.shows("0 running, 0 starting, 0 queued")


def begun(serve: Sequence[str], ending: ExitStack) -> subprocess.Popen[str]:
    """A server, once it listens."""
    server = ending.enter_context(subprocess.Popen(serve, stdout=subprocess.PIPE, text=True))
    ending.callback(server.kill)
    assert server.stdout is not None
    assert "serves studio on" in server.stdout.readline()
    return server


@dataclass(frozen=True)
class Screen:
    """What a program shows at a terminal."""

    terminal: int

    def shows(self, text: str) -> None:
        """Wait until it shows this."""
        deadline, shown = time.monotonic() + PATIENCE, ""
        while text not in shown:
            left = deadline - time.monotonic()
            assert left > 0, f"not shown: {text}\n{shown}"
            if select.select([self.terminal], [], [], left)[0]:
                shown += os.read(self.terminal, 65536).decode(errors="replace")


def at_a_screen(command: Sequence[str], variables: Mapping[str, str], ending: ExitStack) -> Screen:
    """A program at a terminal, ended with the context."""
    screen, terminal = pty.openpty()
    ending.callback(os.close, screen)
    program = subprocess.Popen(
        command, env=variables, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    ending.enter_context(program)
    ending.callback(program.kill)
    return Screen(screen)
