"""What README.md and docs/client.md show works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from .serving import taskyard_serve

ROOT = Path(__file__).parents[2]
ADDRESS = "http://localhost:3000"


def test_the_application_of_the_guide_runs(tmp_path: Path) -> None:
    said = _run(ROOT / "docs" / "client.md", tmp_path, addresses=2)

    for told in ("It was the\nit was the\n", "phase in_progress", "reading\n"):
        assert told in said


def test_the_application_of_the_readme_runs(tmp_path: Path) -> None:
    _run(ROOT / "README.md", tmp_path, addresses=1)

    with Image.open(tmp_path / "view.png") as view:
        assert view.size == (512, 512)


def _run(guide: Path, folder: Path, *, addresses: int) -> str:
    """Serve the first piece of a guide's Python, and run the others; what they print."""
    pieces = re.findall(r"^```python\n(.*?)^```$", guide.read_text(), re.MULTILINE | re.DOTALL)
    service, *application = pieces
    (folder / "service.py").write_text(service)
    with taskyard_serve(folder / "data", module=folder / "service.py") as server:
        program = "\n".join(application).replace(ADDRESS, server.url)
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert program.count(server.url) == addresses
    return done.stdout
