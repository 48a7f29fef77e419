"""Runs pip: the environment's own, or that of the Python below it when it was made without one."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from .commands import run


def pip(*args: str | Path) -> str:
    """Run pip with these arguments and return what it printed."""
    below = Path(sys.base_prefix) / "bin" / "python3"
    python = sys.executable if find_spec("pip") else below
    return run(python, "-m", "pip", *args)
