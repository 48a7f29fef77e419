"""One measurement at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.locks import alone


def test_a_second_bench_waits_for_the_first_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKYARD_CACHE", str(tmp_path))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with alone("bench"):
        second = subprocess.Popen(
            [sys.executable, "-m", "tests.perf", "backlog", "--json", str(tmp_path / "figures")],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert second.stderr
            assert (
                second.stderr.readline() == "waiting for another process to be done with: bench\n"
            )
        finally:
            second.kill()
            second.communicate()
