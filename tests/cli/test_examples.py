"""The examples of all help texts, run as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from string import Template

import pytest

from taskyard.cli._app import app
from tests.controller.processes import free_port
from tests.local.serving import PATIENCE, LocalServer

from .calling import Taskyard, environment, new_ended

NAMES = [
    command.name or command.callback.__name__  # type: ignore[union-attr]
    for command in app.registered_commands
]
_EXAMPLE = re.compile(r"^ {1,3}((?:\w+=\$\()?taskyard .*)$", re.MULTILINE)
_NEEDS_A_SHELL = re.compile(r"[|]|\$\(")


def examples_of(name: str) -> list[str]:
    """The commands in a help text."""
    told = Taskyard({"COLUMNS": "500"})(name, "--help").out.partition("Examples:")[2]
    return [found[1].strip() for found in _EXAMPLE.finditer(told)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "serve"])
def test_the_examples_of_a_help_text_run(
    name: str, taskyard: Taskyard, ended: dict[str, str], folder: Path, commands: Path
) -> None:
    examples = examples_of(name)
    ids = new_ended(taskyard, "ID") if name == "delete" else ended
    assert examples, f"taskyard {name} --help has no example"

    for example in examples:
        Path("taskservice.yaml").write_text("kind: TaskService\nspec:\n  image: x\n")
        if _NEEDS_A_SHELL.search(example):
            variables = environment(commands, **taskyard.environment, **ids)
            subprocess.run(["bash", "-ec", example], env=variables, check=True, timeout=PATIENCE)
        else:
            _, *words = shlex.split(Template(example).substitute(ids))
            taskyard(*words)


def test_the_examples_of_serve_run(folder: Path, commands: Path, server: LocalServer) -> None:
    for example in examples_of("serve"):
        port = ["--port", str(free_port())]  # the last one counts
        process = subprocess.Popen(
            [*shlex.split(example), *port, "--data", str(folder / "data")],
            cwd=folder, env=environment(commands), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            assert "serves image-generation on" in process.stdout.readline()
            process.terminate()
