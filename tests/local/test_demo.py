"""`make demo` ends well, with a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import PIL.Image

ROOT = Path(__file__).parents[2]


def test_the_demo_leaves_a_picture(tmp_path: Path) -> None:
    output = tmp_path / "demo.png"
    command = [sys.executable, "-m", "tests.demo_local", "--output", str(output), "--size", "96x64"]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "is still there, and so is its picture" in done.stdout
    with PIL.Image.open(output) as picture:
        assert picture.size == (96, 64)
