"""What docs/migration.md shows works as it stands there, before the import is changed and after it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local.serving import LocalServer, taskyard_serve

from .environments import NEWEST, python_with_bentoml
from .manifests import write_manifest

PAGE = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()
ADDRESS = "http://localhost:3000"
SUMMARY = "It was the.\n"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page, as they are with BentoML."""
    folder = tmp_path_factory.mktemp("before")
    _write_files(folder)
    return folder


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, after the commands of the page."""
    folder = tmp_path_factory.mktemp("after")
    _write_files(folder)
    for command in re.findall(r"^    (sed .*)$", PAGE, re.MULTILINE):
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def server(after: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    data = tmp_path_factory.mktemp("migration") / "data"
    with taskyard_serve(data, module=after / "service.py") as server:
        yield server


def test_an_application_with_bentomls_client_goes_on_as_it_is(
    before: Path, server: LocalServer
) -> None:
    assert _run(python_with_bentoml(NEWEST), before, server) == SUMMARY


def test_one_import_makes_it_one_of_ours(after: Path, server: LocalServer) -> None:
    assert "_opened_files" not in (after / "application.py").read_text()
    assert _run(Path(sys.executable), after, server) == SUMMARY


def test_a_service_has_the_same_task_with_either_import(before: Path, after: Path) -> None:
    theirs, ours = (_task(folder) for folder in (before, after))

    assert (theirs["name"], theirs["output"]) == (ours["name"], ours["output"])
    assert theirs["input"]["required"] == ours["input"]["required"]
    assert set(theirs["input"]["properties"]) == set(ours["input"]["properties"])


def _task(folder: Path) -> Any:
    """The one task in the manifest of the service."""
    printed = write_manifest(folder, "service:Summarizer")
    assert printed.returncode == 0, printed.stderr
    (task,) = yaml.safe_load(printed.stdout)["spec"]["tasks"]
    return task


def _write_files(folder: Path) -> None:
    for name, piece in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE, re.M | re.S):
        (folder / name).write_text(piece)


def _run(python: Path, folder: Path, server: LocalServer) -> str:
    """What the application prints, by the address of a test."""
    program = (folder / "application.py").read_text()
    assert ADDRESS in program
    done = subprocess.run(
        [python, "-c", program.replace(ADDRESS, server.url)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
