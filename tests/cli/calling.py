"""The command as tests call it: in this process, with an environment of its own."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from taskyard.cli._app import app

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
PLAIN = {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}


@dataclass(frozen=True)
class Done:
    """How a call ended, and what it said."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def line(self) -> str:
        """The one line that was printed."""
        [line] = self.out.splitlines()
        return line


@dataclass(frozen=True)
class Taskyard:
    """`taskyard("get", task_id)` calls the command, and ends well or fails the test with what it said."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str | bytes = "") -> Done:
        done = self.call(*arguments, stdin=stdin)
        assert done.code == 0, done.err
        return done

    def call(self, *arguments: str, stdin: str | bytes = "") -> Done:
        """The same, however it ends."""
        result = CliRunner().invoke(
            app, arguments, input=stdin, env={**PLAIN, **self.environment}, prog_name="taskyard"
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr, result.stdout_bytes)


def write_commands(folder: Path) -> None:
    """The scripts `taskyard`, `kubectl-taskyard` and so on, as an installation writes them."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    for name, place in project["scripts"].items():
        module, function = place.split(":")
        script = folder / name
        script.write_text(f"#!{sys.executable}\nfrom {module} import {function}\n{function}()\n")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)


def environment(commands: Path, **more: str) -> dict[str, str]:
    """The environment of a shell that finds the scripts."""
    return {**os.environ, **PLAIN, "PATH": f"{commands}:{os.environ['PATH']}", **more}


def new_failed(taskyard: Taskyard, why: str = "no paint") -> str:
    """The id of a new task that has failed."""
    task_id = taskyard("submit", "image-generation.fail", f"why={why}").line
    assert taskyard.call("wait", task_id).code == 5
    return task_id


def new_ended(taskyard: Taskyard, *names: str) -> dict[str, str]:
    """New tasks that have ended well: the id of each by its name."""
    task = "image-generation.long_running_image_generation"
    made = {name: taskyard("submit", task, "prompt=x").line for name in names}
    taskyard("wait", *made.values())
    return made
