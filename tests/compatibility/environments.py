"""A virtual environment for each version of BentoML, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.cluster.commands import progress, run
from tests.cluster.layout import cache_dir
from tests.cluster.locks import alone

NEWEST = "1.4.40"
LAST_WITH_SYNC_SUBMIT = "1.4.29"
"""From 1.4.30 to the newest the blocking client's `submit` raises whatever the server answers."""
WITH_OLD_WORDS = "1.4.13"
"""With 1.4.14 BentoML has changed its words for the states of a task."""
VERSIONS = (NEWEST, LAST_WITH_SYNC_SUBMIT, WITH_OLD_WORDS)

_BESIDE = ("numpy==2.4.6", "pandas==3.1.1", "pillow==13.0.0", "setuptools==80.9.0")
"""Older versions of BentoML need `pkg_resources`, and do not say so."""


def python_with_bentoml(version: str) -> Path:
    """The Python of an environment with this version of BentoML, and nothing of ours."""
    packages = (f"bentoml=={version}", *_BESIDE)
    recipe = hashlib.sha256(repr((packages, sys.version)).encode()).hexdigest()[:8]
    folder = cache_dir() / f"bentoml-{version}-{recipe}"
    python, complete = folder / "bin" / "python", folder / "complete"
    with alone(f"bentoml-{version}"):
        if not complete.exists():
            with progress(f"installing BentoML {version}"):
                uv = Path(sys.executable).with_name("uv")
                run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
                run(uv, "pip", "install", "--quiet", "--python", python, *packages)
                complete.touch()
    return python
