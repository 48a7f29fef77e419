"""How the command is found, how fast it is there, and what a shell completes."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.cluster.binaries import binary

from .calling import Taskyard, environment

HEAVY = ("httpx", "pydantic", "taskyard._client", "rich.progress")


def test_what_a_command_does_not_need_is_not_imported() -> None:
    program = "import sys, taskyard.cli._app; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert [name for name in HEAVY if name in done.stdout.split()] == []


def test_kubectl_finds_the_command(commands: Path) -> None:
    done = subprocess.run(
        [binary("kubectl"), "taskyard", "version"],
        env=environment(commands), capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == metadata.version("taskyard")


def test_as_a_plugin_it_asks_the_cluster(commands: Path, tmp_path: Path) -> None:
    nobody = tmp_path / "kubeconfig"
    nobody.write_text("{apiVersion: v1, kind: Config}")
    path = environment(commands)["PATH"]
    variables = environment(
        commands, KUBECONFIG=str(nobody), PATH=f"{binary('kubectl').parent}:{path}"
    )

    done = subprocess.run(
        ["kubectl-taskyard", "services"],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stderr.startswith("Error: kubectl cannot look for the gateway:")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_for_completion(commands: Path, shell: str) -> None:
    variables = environment(commands, _TASKYARD_COMPLETE=f"source_{shell}")

    done = subprocess.run(["taskyard"], env=variables, capture_output=True, text=True, check=False)

    assert "_TASKYARD_COMPLETE=complete_" in done.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("taskyard ser", {"serve", "services"}),
        ("taskyard submit image-generation.d", {"image-generation.describe"}),
        ("taskyard submit image-generation.bundle ", {"files=", "name=", "shout="}),
        ("taskyard services ", {"image-generation"}),
        ("taskyard list --output ", {"table", "json", "yaml", "name"}),
    ],
)
def test_a_line_is_completed(
    taskyard: Taskyard, commands: Path, line: str, offered: set[str]
) -> None:
    assert completed(taskyard, line) == offered


@pytest.mark.parametrize(
    ("words", "offered", "files"),
    [
        (["ser"], {"serve", "services"}, False),
        (["submit", "image-generation.d"], {"image-generation.describe"}, False),
        (["submit", "image-generation.bundle", ""], {"files=", "name=", "shout="}, False),
        (["list", "--output", ""], {"table", "json", "yaml", "name"}, False),
        (["result", "some id", "--to", ""], set(), True),
    ],
)
def test_a_line_of_kubectl_is_completed(
    taskyard: Taskyard, commands: Path, words: list[str], offered: set[str], files: bool
) -> None:
    done = subprocess.run(
        [binary("kubectl"), "__complete", "taskyard", *words],
        env=environment(commands, **taskyard.environment),
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    *offers, last = done.stdout.splitlines()
    assert {offer.partition("\t")[0] for offer in offers} == offered
    assert last == (":0" if files else ":4")


def test_ids_are_completed(taskyard: Taskyard) -> None:
    made = taskyard("submit", "image-generation.hold", "seconds=0").line

    assert made in completed(taskyard, "taskyard get ")


def test_without_a_gateway_nothing_is_offered_and_nothing_said() -> None:
    nowhere = Taskyard({"TASKYARD_URL": "http://127.0.0.1:1"})

    assert completed(nowhere, "taskyard submit ") == set()


def completed(taskyard: Taskyard, line: str) -> set[str]:
    """What bash is told of a line whose last word is being written."""
    *words, _ = line.split(" ")
    variables = {
        **taskyard.environment,
        "_TASKYARD_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    done = Taskyard(variables).call()
    assert done.err == ""
    return set(done.out.split())
