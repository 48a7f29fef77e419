"""The command `taskyard` beside BentoML, as the author of a service runs it."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from .environments import NEWEST, python_with_bentoml

_ROOT = Path(__file__).parents[2]
_COMMAND = f"""
import sys
sys.path.append({sysconfig.get_path("purelib")!r})  # for what BentoML does not bring along
from taskyard.cli import main
main()
"""


def taskyard_beside_bentoml(
    folder: Path, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """What the command prints in this folder, and how it ended."""
    python = python_with_bentoml(NEWEST)
    path = os.pathsep.join([str(_ROOT / "client"), str(_ROOT / "runtime")])
    return subprocess.run(
        [str(python), "-c", _COMMAND, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "COLUMNS": "200"},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def write_manifest(folder: Path, entrypoint: str) -> subprocess.CompletedProcess[str]:
    """What `taskyard manifest` prints in this folder, and how it ended."""
    call = ("manifest", entrypoint, "--image", "nowhere.test/image:1")
    return taskyard_beside_bentoml(folder, *call)
