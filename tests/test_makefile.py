"""`make test` ends with all that it has started, however it is told to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("ruff", "mypy", "lint-imports", "coverage")
PATIENCE = 60
"""Seconds for what takes a moment, on a loaded machine of two cores."""


@pytest.fixture
def make_test(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`make test` where nothing is wrong, and where tests last until they are told to end."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for tool in TOOLS:
        (tools / tool).symlink_to("/bin/true")
    (tools / "pytest").write_text("#!/bin/sh\necho tests: $3; exec sleep 600")
    (tools / "pytest").chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml", ".venv/.installed"):
        (tmp_path / name).touch()
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    process = subprocess.Popen(
        ["make", "test"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _group(process: subprocess.Popen[str], program: str = "") -> list[psutil.Process]:
    """Make, and all that it has started, whoever its parent is by now; or what of that runs a program."""
    found = []
    for each in psutil.process_iter():
        try:
            lives = each.status() != psutil.STATUS_ZOMBIE
            if lives and os.getpgid(each.pid) == process.pid and program in each.name():
                found.append(each)
        except (psutil.Error, ProcessLookupError):
            continue  # it has ended meanwhile
    return found


def _tests(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return _group(process, "sleep")


def _until(so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda make: make.terminate(), id="by a signal to it alone"),
        pytest.param(lambda make: os.killpg(make.pid, signal.SIGINT), id="by Ctrl-C"),
    ],
)
def test_both_runs_end_with_it(
    make_test: subprocess.Popen[str], end: Callable[[subprocess.Popen[str]], None]
) -> None:
    _until(lambda: len(_tests(make_test)) == 2, "both runs have begun")

    end(make_test)

    _until(lambda: not _group(make_test), "all of it has ended")
    assert make_test.wait() != 0


def test_it_fails_with_either_run_and_tells_what_both_have_said(
    make_test: subprocess.Popen[str],
) -> None:
    _until(lambda: len(_tests(make_test)) == 2, "both runs have begun")

    for one in _tests(make_test):
        one.kill()

    said, _ = make_test.communicate(timeout=PATIENCE)
    assert make_test.returncode != 0
    assert said.count("tests: ") == 2
    assert "test-on-kubernetes" in said
    assert "test-without-kubernetes" in said


LASTS = """
import pathlib, time, pytest

@pytest.fixture
def server():
    pathlib.Path("began").touch()
    yield
    pathlib.Path("ended").touch()

def test_that_lasts(server):
    time.sleep(600)
"""


def test_tests_that_are_told_to_end_take_away_what_they_have_started(tmp_path: Path) -> None:
    (tmp_path / "test_lasts.py").write_text(LASTS)
    arguments = ["-p", "tests.ending", "--rootdir", ".", "-c", "/dev/null", "test_lasts.py"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    tests = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=tmp_path, env=environment
    )
    try:
        _until((tmp_path / "began").exists, "the test has begun")

        tests.terminate()

        assert tests.wait(PATIENCE) == pytest.ExitCode.INTERRUPTED
        assert (tmp_path / "ended").exists()
    finally:
        tests.kill()
        tests.wait()
