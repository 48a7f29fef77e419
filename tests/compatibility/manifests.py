"""`taskyard manifest` beside BentoML, as the author of a service runs it."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

from .environments import NEWEST, python_with_bentoml

_CLIENT = Path(__file__).parents[2] / "client"
_COMMAND = f"""
import sys
sys.path.append({sysconfig.get_path("purelib")!r})  # for what BentoML does not bring along
from taskyard.cli import main
main()
"""


def write_manifest(folder: Path, entrypoint: str) -> subprocess.CompletedProcess[str]:
    """What the command prints in this folder, and how it ended."""
    python = python_with_bentoml(NEWEST)
    return subprocess.run(
        [str(python), "-c", _COMMAND, "manifest", entrypoint, "--image", "nowhere.test/image:1"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(_CLIENT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
